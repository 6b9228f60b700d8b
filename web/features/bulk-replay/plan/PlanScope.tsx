'use client'

import type { Ref } from 'react'
import classes from '../BulkReplay.module.css'
import { counted } from '../words.ts'
import type { PlanValues, Preview } from './plan.ts'

type Scope = PlanValues['scope']

interface PlanScopeProps {
  preview: Preview
  scope: Scope
  onScope: (scope: Scope) => void
  /** The option that gets the initial focus. */
  first: Ref<HTMLInputElement>
}

/** The choice between replaying only the likely deliveries and replaying all of them. */
export function PlanScope({ preview, scope, onScope, first }: PlanScopeProps) {
  const { likely, byWebhook } = preview
  const all = byWebhook.reduce((sum, { count }) => sum + count, 0)
  const options: { value: Scope; label: string; note: string }[] = [
    {
      value: 'likely',
      label: `The likely ones: ${counted(likely)}`,
      note: likely === 0 ? 'None would probably arrive now.' : 'They would probably arrive now.',
    },
    {
      value: 'all',
      label: `All: ${counted(all)}`,
      note: all > likely ? `${counted(all - likely)} would probably fail again, or have no forecast.` : '',
    },
  ]
  return (
    <fieldset className={classes.scope}>
      <legend>Which of the {counted(preview.total)} selected</legend>
      {options.map(({ value, label, note }) => (
        <label key={value}>
          <input
            ref={value === 'likely' ? first : undefined}
            type="radio"
            name="scope"
            value={value}
            checked={scope === value}
            onChange={() => onScope(value)}
          />
          <span>
            <strong>{label}</strong> <small>{note}</small>
          </span>
        </label>
      ))}
    </fieldset>
  )
}
