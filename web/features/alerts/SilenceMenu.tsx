'use client'

import { useState } from 'react'
import { lazily } from '@/ui/Lazy.tsx'
import { Menu, MenuItem } from '@/ui/Menu.tsx'
import classes from './Alerts.module.css'
import { SILENCE_SPANS } from './silences/ends.ts'
import { matchersOfAlert } from './silences/matchers.ts'
import { type ActionableAlert, alertName, useAlertActions } from './use-alert-actions.ts'

const SilenceForm = lazily(() => import('./silences/SilenceForm.tsx'))

/** Silences one alert: for a common time at once, or with a form. */
export function SilenceMenu({ alert }: { alert: ActionableAlert }) {
  const { silence } = useAlertActions()
  const [choosing, setChoosing] = useState(false)
  return (
    <>
      <Menu label={`Silence ${alertName(alert)}`} button="Silence" buttonClassName={classes.silence} align="end">
        {(close) => (
          <>
            {SILENCE_SPANS.map(({ name, label }) => (
              <MenuItem
                key={name}
                onSelect={() => {
                  close()
                  void silence(alert, name)
                }}
              >
                {label}…
              </MenuItem>
            ))}
            <MenuItem
              onSelect={() => {
                close()
                setChoosing(true)
              }}
            >
              Choose matchers and end…
            </MenuItem>
          </>
        )}
      </Menu>
      {choosing && (
        <SilenceForm
          initial={{ matchers: matchersOfAlert(alert), tenantId: alert.tenantId ?? null }}
          onClose={() => setChoosing(false)}
        />
      )}
    </>
  )
}
