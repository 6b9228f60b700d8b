'use client'

import type { Severity } from '@/lib/graphql.ts'
import classes from './Events.module.css'
import { severityOf } from './params.ts'
import { SEVERITIES } from './severity.tsx'

const number = new Intl.NumberFormat('en')

interface SeverityButtonsProps {
  /** Selected severities, spelled as in the URL; empty for all. */
  value: readonly string[]
  /** Number of events per severity; null while unknown. */
  counts: readonly { severity: Severity; count: number }[] | null
  onChange: (value: readonly string[]) => void
}

/** Buttons that select all severities or one of them. Each shows its number of events. */
export function SeverityButtons({ value, counts, onChange }: SeverityButtonsProps) {
  const chosen = value.length === 1 ? severityOf(value[0] ?? '') : null
  const total = counts?.reduce((sum, { count }) => sum + count, 0)
  const options = [
    { name: null, label: 'All', glyph: null, tone: null, count: total },
    ...(Object.keys(SEVERITIES) as Severity[]).map((name) => ({
      name,
      ...SEVERITIES[name],
      count: counts?.find(({ severity }) => severity === name)?.count,
    })),
  ]
  return (
    <div role="radiogroup" aria-label="Severity" className={classes.severities}>
      {options.map(({ name, label, glyph, tone, count }) => {
        const checked = name === chosen && (name !== null || value.length === 0)
        return (
          <label key={label} data-checked={checked || undefined}>
            <input
              type="radio"
              name="severity"
              checked={checked}
              onChange={() => onChange(name === null ? [] : [name.toLowerCase()])}
            />
            {glyph && (
              <b aria-hidden="true" style={{ color: `var(--${tone})`, fontSize: 11 }}>
                {glyph}
              </b>
            )}
            {label}
            {count !== undefined && <span>{number.format(count)}</span>}
          </label>
        )
      })}
    </div>
  )
}
