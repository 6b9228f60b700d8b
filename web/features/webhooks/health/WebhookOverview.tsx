'use client'

import { percent } from '@/lib/format/numbers.ts'
import { duration } from '@/lib/format/time.ts'
import { readFragment, type WebhookDetailsQuery } from '@/lib/graphql.ts'
import { useKeptPath } from '@/lib/url.ts'
import { ChartBand } from '@/ui/charts/ChartBand.tsx'
import { ChartBars } from '@/ui/charts/ChartBars.tsx'
import { Figures } from '@/ui/charts/Figures.tsx'
import { lazily } from '@/ui/Lazy.tsx'
import { Facts } from '@/ui/values/Facts.tsx'
import { Time } from '@/ui/values/Time.tsx'
import { WebhookStateFields } from '../actions.ts'
import { WebhookSettings } from '../documents.ts'
import { scheduleText } from '../form-values.ts'
import type { DetailedWebhook } from '../WebhookPage.tsx'
import classes from '../Webhooks.module.css'
import { WebhookErrors } from './WebhookErrors.tsx'

const Explanation = lazily(() => import('@/features/ai/Explanation.tsx'))

const number = new Intl.NumberFormat('en')

interface WebhookOverviewProps {
  webhook: DetailedWebhook
  currentState: WebhookDetailsQuery['currentState'] | null
}

/**
 * The state of the receiver: its waiting deliveries, success rate and latency over time, the last error, and the
 * settings.
 */
export function WebhookOverview({ webhook, currentState }: WebhookOverviewProps) {
  const settings = readFragment(WebhookSettings, webhook)
  const state = readFragment(WebhookStateFields, webhook)
  const pathTo = useKeptPath()
  const { health } = webhook
  const rows = (status: string) => pathTo('/deliveries', { webhook: settings.id, status, window: 'all' })
  return (
    <>
      <Figures
        label="This webhook now"
        figures={[
          {
            label: 'Unrecovered',
            value: number.format(currentState?.unrecovered ?? 0),
            href: rows('dead'),
            tone: currentState?.unrecovered ? 'dead' : undefined,
          },
          {
            label: 'Held',
            value: number.format(currentState?.held ?? 0),
            href: rows('held'),
            tone: currentState?.held ? 'held' : undefined,
          },
          {
            label: 'To be delivered',
            value: number.format(currentState?.pending ?? 0),
            note: currentState?.oldestPendingAt ? (
              <>
                oldest <Time at={currentState.oldestPendingAt} show="age" />
              </>
            ) : undefined,
          },
          { label: 'Success', value: health.successRate == null ? '–' : percent(health.successRate) },
          { label: 'p50', value: health.latencyP50Ms == null ? '–' : duration(health.latencyP50Ms) },
          { label: 'p95', value: health.latencyP95Ms == null ? '–' : duration(health.latencyP95Ms) },
        ]}
      />
      <section className={classes.section} aria-label="Attempts over time">
        <h2>Attempts</h2>
        <ChartBars
          label="Attempts over time"
          buckets={health.timeline}
          height={64}
          series={[
            { name: 'failed', color: 'var(--chart-dead)', accessor: ({ failed }) => failed },
            { name: 'arrived', color: 'var(--chart-arrived)', accessor: ({ delivered }) => delivered },
          ]}
        />
      </section>
      <WebhookErrors webhookId={settings.id} health={health} />
      <section className={classes.section} aria-label="Latency over time">
        <h2>Latency</h2>
        <ChartBand
          label="p50 to p95"
          buckets={health.timeline.map(({ start, latencyP50Ms, latencyP95Ms }) => ({
            start,
            low: latencyP50Ms,
            high: latencyP95Ms,
          }))}
        />
      </section>
      <Facts
        facts={[
          ['URL', settings.url],
          ['Event types', settings.eventTypes.length > 0 ? settings.eventTypes.join(', ') : 'every type'],
          ['From severity', settings.minSeverity.toLowerCase()],
          ['Tenant', settings.tenantId ?? 'the whole installation'],
          ['Retries', settings.retrySchedule.length > 0 ? scheduleText(settings.retrySchedule) : 'none'],
          ['Failing since', state.failingSince && <Time key="since" at={state.failingSince} />],
          ['Disabled', state.disabledReason],
          ['Last success', health.lastSuccessAt && <Time key="success" at={health.lastSuccessAt} />],
          ['Last failure', health.lastFailureAt && <Time key="failure" at={health.lastFailureAt} />],
          ['Last error', health.lastError],
        ]}
      />
      <Explanation input={{ webhookId: settings.id }} subject="the last 24 hours" />
    </>
  )
}
