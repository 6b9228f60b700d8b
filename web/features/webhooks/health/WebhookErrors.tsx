'use client'

import Link from 'next/link'
import { errorName } from '@/features/deliveries/state.ts'
import { useKeptPath } from '@/lib/url.ts'
import { ChartBars } from '@/ui/charts/ChartBars.tsx'
import { Time } from '@/ui/values/Time.tsx'
import type { DetailedWebhook } from '../WebhookPage.tsx'
import classes from '../Webhooks.module.css'
import { errorSeries } from './error-series.ts'

const number = new Intl.NumberFormat('en')

/**
 * The failed attempts of a webhook by kind of error, over time and as a list. Each row of the list links to its
 * deliveries.
 */
export function WebhookErrors({ webhookId, health }: { webhookId: string; health: DetailedWebhook['health'] }) {
  const pathTo = useKeptPath()
  const { errors, timeline } = health
  return (
    <section className={classes.section} aria-label="Errors over time">
      <h2>Errors</h2>
      {errors.length === 0 ? (
        <p className={classes.none}>No attempt failed.</p>
      ) : (
        <>
          <ChartBars label="Errors over time by kind" buckets={timeline} height={64} series={errorSeries(timeline)} />
          <ul className={classes.errors} aria-label="Errors by kind">
            {errors.map(({ errorKind, statusCode, count, lastAt }) => (
              <li key={`${errorKind} ${statusCode}`}>
                <Link
                  href={pathTo('/deliveries', {
                    webhook: webhookId,
                    error: errorKind.toLowerCase(),
                    ...(statusCode && { code: String(statusCode) }),
                  })}
                  prefetch={false}
                >
                  {errorName(errorKind, statusCode)}
                </Link>
                <span>{count === 1 ? '1 attempt' : `${number.format(count)} attempts`}</span>
                <span>
                  last <Time at={lastAt} />
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  )
}
