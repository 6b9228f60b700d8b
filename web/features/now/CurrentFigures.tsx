'use client'

import type { CurrentState } from '@/features/current-state/current-state.tsx'
import { percent } from '@/lib/format/numbers.ts'
import { duration } from '@/lib/format/time.ts'
import type { NowOverviewQuery } from '@/lib/graphql.ts'
import { useKeptPath } from '@/lib/url.ts'
import { type Figure, Figures } from '@/ui/charts/Figures.tsx'
import { Time } from '@/ui/values/Time.tsx'

const number = new Intl.NumberFormat('en')

interface CurrentFiguresProps {
  counts: CurrentState['counts']
  stats: NowOverviewQuery['deliveryStats'] | null
  outdated: boolean
}

/** Current states, independent of the time window, and statistics of the window. Each figure links to its rows. */
export function CurrentFigures({ counts, stats, outdated }: CurrentFiguresProps) {
  const pathTo = useKeptPath()
  const rows = (status: string) => pathTo('/deliveries', { status, window: 'all' })
  const figure = (value: number | undefined) => (value === undefined ? '–' : number.format(value))
  const states: Figure[] = [
    {
      label: 'Unrecovered',
      value: figure(counts?.unrecovered),
      href: rows('dead'),
      tone: counts?.unrecovered ? 'dead' : undefined,
    },
    { label: 'Held', value: figure(counts?.held), href: rows('held'), tone: counts?.held ? 'held' : undefined },
    {
      label: 'To be delivered',
      value: figure(counts?.pending),
      href: rows('waiting'),
      tone: counts?.pending ? 'waiting' : undefined,
      note: counts?.oldestPendingAt ? (
        <>
          oldest <Time at={counts.oldestPendingAt} show="age" />
        </>
      ) : undefined,
    },
    {
      label: 'Last attempt next',
      value: figure(counts?.nearFailure),
      href: rows('last-attempt'),
      tone: counts?.nearFailure ? 'retrying' : undefined,
    },
    { label: 'Recovered', value: figure(counts?.recovered), href: rows('recovered') },
  ]
  const window: Figure[] = [
    { label: 'Arrived', value: figure(stats?.delivered), href: pathTo('/deliveries', { status: 'arrived' }) },
    { label: 'Success', value: stats?.successRate == null ? '–' : percent(stats.successRate) },
    { label: 'p95 to arrival', value: stats?.latencyP95Ms == null ? '–' : duration(stats.latencyP95Ms) },
  ]
  return (
    <div style={{ display: 'flex', flexWrap: 'wrap', gap: '8px 48px' }}>
      <Figures label="Deliveries now" figures={states} />
      <Figures label="Deliveries of the window" figures={window} outdated={outdated} />
    </div>
  )
}
