'use client'

import { useRouter } from 'next/navigation'
import { useKeptPath } from '@/lib/url.ts'
import { ChartBars } from '@/ui/charts/ChartBars.tsx'

interface HistoryProps {
  timeline: readonly { start: string; delivered: number; failed: number; deadLetter: number }[]
  alerts: readonly { startedAt: string }[]
  outdated: boolean
}

/** The deliveries of the time window, with a mark where an alert was raised. */
export function History({ timeline, alerts, outdated }: HistoryProps) {
  const router = useRouter()
  const pathTo = useKeptPath()
  return (
    <ChartBars
      label="Deliveries over time by current status"
      buckets={timeline}
      outdated={outdated}
      marks={{ times: alerts.map(({ startedAt }) => startedAt), name: 'alerts raised' }}
      series={[
        { name: 'dead', color: 'var(--chart-dead)', accessor: ({ deadLetter }) => deadLetter },
        { name: 'retrying', color: 'var(--chart-retrying)', accessor: ({ failed }) => failed },
        { name: 'arrived', color: 'var(--chart-arrived)', accessor: ({ delivered }) => delivered },
      ]}
      onBrush={(since, until) =>
        router.push(pathTo('/deliveries', { since: since.toISOString(), until: until.toISOString() }))
      }
    />
  )
}
