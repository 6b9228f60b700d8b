'use client'

import { useQuery } from '@apollo/client/react'
import Link from 'next/link'
import { useMemo } from 'react'
import { SEVERITIES } from '@/features/events/severity.tsx'
import type { Severity } from '@/lib/graphql.ts'
import { WINDOWS, type WindowName } from '@/lib/lists/windows.ts'
import { useSeedPolicy } from '@/lib/seeds.tsx'
import { useKeptPath } from '@/lib/url.ts'
import { NowEvents } from './documents.ts'
import classes from './Now.module.css'

const POLL_MS = 15_000
const number = new Intl.NumberFormat('en')

/** Number of events by severity. */
export function EventFigures({ tenantId, window }: { tenantId: string | null; window: WindowName }) {
  const pathTo = useKeptPath()
  const asked = useMemo(() => ({ filter: { tenantId, window: WINDOWS[window].value } }), [tenantId, window])
  const { data, previousData } = useQuery(NowEvents, {
    variables: asked,
    fetchPolicy: useSeedPolicy(NowEvents, asked),
    pollInterval: POLL_MS,
  })
  const stats = (data ?? previousData)?.eventStats
  const most = Math.max(1, ...(stats?.bySeverity.map(({ count }) => count) ?? []))
  return (
    <section aria-label="Events" className={classes.section}>
      <h2>Events {WINDOWS[window].phrase}</h2>
      <p className={classes.eventTotals}>
        <Link href={pathTo('/events')} prefetch={false}>
          {stats ? number.format(stats.total) : '–'} events
        </Link>
        {window === 'all' && `, ${stats ? number.format(stats.last24h) : '–'} of them in the last 24 hours`}
      </p>
      <ul className={classes.severities} aria-label="Events by severity">
        {(Object.keys(SEVERITIES) as Severity[]).map((severity) => {
          const { label, glyph, tone } = SEVERITIES[severity]
          const count = stats?.bySeverity.find((one) => one.severity === severity)?.count ?? 0
          return (
            <li key={severity}>
              <Link href={pathTo('/events', { severity: severity.toLowerCase() })} prefetch={false}>
                <span aria-hidden="true" style={{ color: `var(--${tone})` }}>
                  {glyph}
                </span>{' '}
                {label}
              </Link>
              <span className={classes.bar} aria-hidden="true">
                <span style={{ width: `${(count / most) * 100}%`, background: `var(--${tone})` }} />
              </span>
              <span className={classes.amount}>{number.format(count)}</span>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
