'use client'

import { useQuery } from '@apollo/client/react'
import Link from 'next/link'
import { useEffect, useMemo, useState } from 'react'
import { useViewer } from '@/features/access/viewer.tsx'
import { useKeptPath } from '@/lib/url.ts'
import { Time } from '@/ui/values/Time.tsx'
import { SinceLook } from './documents.ts'
import { readVisits, recordVisit } from './last-visit.ts'
import classes from './Now.module.css'

const SEEN_MS = 30_000
const number = new Intl.NumberFormat('en')

/** Time of the viewer's last visit to this page; null on the first visit, undefined while unknown. */
function useLastLook(): string | null | undefined {
  const { name } = useViewer()
  const [before, setBefore] = useState<number | null>()
  useEffect(() => {
    const key = `aetherlink:looks:${name}`
    const note = () => {
      try {
        const visits = recordVisit(readVisits(localStorage.getItem(key)), Date.now())
        localStorage.setItem(key, JSON.stringify(visits))
        setBefore(visits.before)
      } catch {
        // Storage is unavailable, so there is no last visit.
      }
    }
    note()
    const timer = setInterval(() => document.visibilityState === 'visible' && note(), SEEN_MS)
    return () => clearInterval(timer)
  }, [name])
  return useMemo(() => (typeof before === 'number' ? new Date(before).toISOString() : before), [before])
}

/** What changed since the last visit. Each figure links to its rows. */
export function SinceLastVisit({ tenantId }: { tenantId: string | null }) {
  const since = useLastLook()
  const pathTo = useKeptPath()
  const { data } = useQuery(SinceLook, {
    variables: { deliveries: { tenantId, since: since ?? null }, events: { tenantId, since: since ?? null } },
    skip: !since,
    errorPolicy: 'ignore',
  })
  if (since === null)
    return <p className={classes.since}>This is your first visit. From the next one, this line shows what changed.</p>
  // An empty line reserves the space, so that the page does not shift.
  if (!since || !data) return <p className={classes.since}>{'\u00a0'}</p>
  const { delivered, deadLetter } = data.deliveryStats
  const critical = data.eventStats.bySeverity.find(({ severity }) => severity === 'CRITICAL')?.count ?? 0
  const parts = [
    { count: delivered, text: 'arrived', path: pathTo('/deliveries', { status: 'arrived', since }) },
    { count: deadLetter, text: 'died', path: pathTo('/deliveries', { status: 'dead', since }) },
    { count: data.eventStats.total, text: 'events', path: pathTo('/events', { since }) },
    { count: critical, text: 'critical', path: pathTo('/events', { severity: 'critical', since }) },
  ].filter(({ count }) => count > 0)
  return (
    <p className={classes.since}>
      Since your last visit at <Time at={since} />:{' '}
      {parts.length === 0
        ? 'nothing happened.'
        : parts.map(({ count, text, path }, index) => (
            <span key={text}>
              {index > 0 && ', '}
              <Link href={path} prefetch={false}>
                {number.format(count)} {text}
              </Link>
            </span>
          ))}
    </p>
  )
}
