'use client'

import Link from 'next/link'
import { percent } from '@/lib/format/numbers.ts'
import { duration } from '@/lib/format/time.ts'
import type { WebhookRowFragment } from '@/lib/graphql.ts'
import { useKeptPath } from '@/lib/url.ts'
import { ChartSparkline } from '@/ui/charts/ChartSparkline.tsx'
import { HealthDot } from '@/ui/charts/HealthDot.tsx'
import classes from '../Webhooks.module.css'
import { Circuit } from './Circuit.tsx'
import { worstFirst } from './worst-first.ts'

const number = new Intl.NumberFormat('en')
/** Number of webhooks shown, worst first. The others are collapsed. */
const SHOWN = 8

/** The health of each receiver, worst first. */
export function WebhookHealthList({ webhooks }: { webhooks: readonly WebhookRowFragment[] }) {
  const sorted = worstFirst(webhooks)
  if (sorted.length === 0)
    return (
      <p className={classes.none}>
        There is no webhook yet. <Link href="/webhooks/new">Create the first one</Link>
      </p>
    )
  return (
    <>
      <HealthRows webhooks={sorted.slice(0, SHOWN)} />
      {sorted.length > SHOWN && (
        <details className={classes.folded}>
          <summary>{sorted.length - SHOWN} more</summary>
          <HealthRows webhooks={sorted.slice(SHOWN)} />
        </details>
      )}
    </>
  )
}

function HealthRows({ webhooks }: { webhooks: readonly WebhookRowFragment[] }) {
  const pathTo = useKeptPath()
  return (
    <ul className={classes.health}>
      {webhooks.map((webhook) => {
        const { id, name, health, backlog } = webhook
        return (
          <li key={id}>
            <HealthDot status={health.status} />
            <div className={classes.name}>
              <Link href={pathTo(`/webhooks/${id}`)} prefetch={false}>
                {name}
              </Link>
              <Circuit {...webhook} />
            </div>
            <Spark webhook={webhook} />
            <span>{health.successRate == null ? '–' : percent(health.successRate)}</span>
            <span>{health.latencyP95Ms == null ? '–' : `p95 ${duration(health.latencyP95Ms)}`}</span>
            <span>{backlog > 0 ? `${number.format(backlog)} open` : ''}</span>
          </li>
        )
      })}
    </ul>
  )
}

/** The number of attempts in the window, and how many of them failed. */
export function Spark({ webhook: { name, health } }: { webhook: WebhookRowFragment }) {
  return (
    <ChartSparkline
      label={`${name}: ${number.format(health.delivered)} attempts arrived, ${number.format(health.failed)} failed`}
      values={health.timeline.map(({ delivered, failed }) => delivered + failed)}
      parts={health.timeline.map(({ failed }) => failed)}
    />
  )
}
