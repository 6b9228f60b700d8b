'use client'

import { Button } from '@mantine/core'
import type { AlertStatus } from '@/lib/graphql.ts'
import classes from './Alerts.module.css'
import { SilenceMenu } from './SilenceMenu.tsx'
import { type ActionableAlert, alertName, useAlertActions } from './use-alert-actions.ts'

interface AlertButtonsProps {
  alert: ActionableAlert & { status: AlertStatus }
  /** `row`: small buttons; acknowledges immediately. `pane`: requests a note first. */
  place: 'row' | 'pane'
}

/** The operator's actions on an open alert; none on a resolved one. */
export function AlertButtons({ alert, place }: AlertButtonsProps) {
  const { acknowledge, resolve, busy } = useAlertActions()
  if (alert.status === 'RESOLVED') return null
  const size = place === 'row' ? 'compact-xs' : 'xs'
  const name = alertName(alert)
  return (
    <div className={classes.buttons} data-place={place}>
      {alert.status === 'FIRING' && (
        <Button
          size={size}
          disabled={busy}
          aria-label={`Acknowledge ${name}`}
          title="Acknowledge (a)"
          onClick={() => void acknowledge(alert, place === 'pane')}
        >
          {place === 'pane' ? 'Acknowledge…' : 'Acknowledge'}
        </Button>
      )}
      <Button
        size={size}
        variant="default"
        disabled={busy}
        className={classes.resolve}
        aria-label={`Resolve ${name}`}
        title="Resolve (z)"
        onClick={() => void resolve(alert)}
      >
        Resolve…
      </Button>
      <SilenceMenu alert={alert} />
    </div>
  )
}
