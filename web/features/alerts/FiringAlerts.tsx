'use client'

import Link from 'next/link'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { useCurrentState } from '@/features/current-state/current-state.tsx'
import { SeverityBadge } from '@/features/events/severity.tsx'
import { useKeptPath } from '@/lib/url.ts'
import { Time } from '@/ui/values/Time.tsx'
import { AlertButtons } from './AlertButtons.tsx'
import classes from './Alerts.module.css'
import { alertName } from './use-alert-actions.ts'
import { eventsText } from './words.ts'

/** The most severe firing alerts, for the landing page. Renders nothing if none fires. */
export function FiringAlerts() {
  const viewer = useViewer()
  const pathTo = useKeptPath()
  const { firing } = useCurrentState()
  if (!firing || firing.total === 0) return null
  const may = hasRole(viewer, 'OPERATOR')
  return (
    <section aria-label="Firing alerts" className={classes.firing}>
      <div className={classes.firingHead}>
        <h2>{firing.total === 1 ? '1 alert fires' : `${firing.total} alerts fire`}</h2>
        <Link href={pathTo('/alerts', { status: 'firing', window: 'all' })} prefetch={false}>
          {firing.total > firing.mostSevere.length ? `All ${firing.total}` : 'Open alerts'}
        </Link>
      </div>
      <ul>
        {firing.mostSevere.map((alert) => (
          <li key={alert.id} data-alert={alert.rule.name}>
            <SeverityBadge severity={alert.severity} />
            <Link href={pathTo('/alerts', { window: 'all', open: alert.id })} prefetch={false}>
              {alertName(alert)}
            </Link>
            <span className={classes.dim}>{eventsText(alert.matched)}</span>
            <Time at={alert.startedAt} />
            {may && <AlertButtons alert={alert} place="row" />}
          </li>
        ))}
      </ul>
    </section>
  )
}
