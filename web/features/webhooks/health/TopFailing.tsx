'use client'

import { useQuery } from '@apollo/client/react'
import Link from 'next/link'
import { useMemo } from 'react'
import { errorName } from '@/features/deliveries/state.ts'
import { percent } from '@/lib/format/numbers.ts'
import { WINDOWS, type WindowName } from '@/lib/lists/windows.ts'
import { useSeedPolicy } from '@/lib/seeds.tsx'
import { useKeptPath } from '@/lib/url.ts'
import { TopFailing as TopFailingQuery } from '../documents.ts'
import classes from '../Webhooks.module.css'

const POLL_MS = 15_000
const number = new Intl.NumberFormat('en')

/** The webhooks with the most failed attempts in the window. Renders nothing if no attempt failed. */
export function TopFailing({ tenantId, window }: { tenantId: string | null; window: WindowName }) {
  const pathTo = useKeptPath()
  const variables = useMemo(() => ({ tenantId, window: WINDOWS[window].value }), [tenantId, window])
  const { data, previousData } = useQuery(TopFailingQuery, {
    variables,
    fetchPolicy: useSeedPolicy(TopFailingQuery, variables),
    pollInterval: POLL_MS,
  })
  const failing = (data ?? previousData)?.failingWebhooks ?? []
  if (failing.length === 0) return null
  return (
    <section className={classes.top} aria-label="Top failing endpoints">
      <h2>Most failed attempts {WINDOWS[window].phrase}</h2>
      <ol>
        {failing.map(({ webhook, failed, successRate, errors: [first] }) => (
          <li key={webhook.id}>
            <Link href={pathTo(`/webhooks/${webhook.id}`)} prefetch={false}>
              {webhook.name}
            </Link>
            <span>{number.format(failed)} failed</span>
            <span>{percent(successRate)} succeeded</span>
            <span>{first && `mostly ${errorName(first.errorKind, first.statusCode)}`}</span>
          </li>
        ))}
      </ol>
    </section>
  )
}
