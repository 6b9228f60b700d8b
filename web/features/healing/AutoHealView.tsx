'use client'

import { Fragment, type ReactNode, useState } from 'react'
import { percent } from '@/lib/format/numbers.ts'
import { type AutoHealOverviewQuery, readFragment } from '@/lib/graphql.ts'
import { usePageQuery } from '@/lib/lists/use-page-query.ts'
import { HealthDot } from '@/ui/charts/HealthDot.tsx'
import { Placeholder } from '@/ui/Placeholder.tsx'
import { ProblemNotice } from '@/ui/Problem.tsx'
import { Facts } from '@/ui/values/Facts.tsx'
import { Time } from '@/ui/values/Time.tsx'
import { PlatformHealthChanges } from '../registry/documents.ts'
import { AutoHealQuery, HealAttemptChanges, HealAttemptItem, HealTargetItem } from './documents.ts'
import classes from './Healing.module.css'
import { HealTargets } from './HealTargets.tsx'
import { HealTimeline } from './HealTimeline.tsx'
import { quietHistory } from './quiet-history.ts'
import { Reconciliation } from './Reconciliation.tsx'

type Healer = AutoHealOverviewQuery['autoHeal']

const FIRST = 10
const MORE = 40
const LARGEST = 200

const CHANGE_SIGNALS = [HealAttemptChanges, PlatformHealthChanges] as const
const number = new Intl.NumberFormat('en')

/** Auto-heal: its figures, its configuration, the watched containers, and its actions. */
export default function AutoHealView({ views }: { views: ReactNode }) {
  const [first, setFirst] = useState(FIRST)
  const { data, problem, loading, refresh } = usePageQuery(AutoHealQuery, { first }, { signals: CHANGE_SIGNALS })
  const healer = data?.autoHeal
  const targets = healer && readFragment(HealTargetItem, healer.targets)
  return (
    <div className={classes.page}>
      <div className={classes.head}>
        <h1>Auto-heal</h1>
        {views}
      </div>
      {problem && <ProblemNotice problem={problem} onRetry={refresh} retrying={loading} />}
      {healer && targets ? (
        <>
          <Warnings healer={healer} />
          <Cards stats={healer.stats} lastDay={healer.lastDay} />
          <div className={classes.columns}>
            <Configuration
              healer={healer}
              watched={targets.filter(({ state }) => state !== 'MISSING').map(({ container }) => container)}
            />
            <Reconciliation {...healer.reconciliation} />
          </div>
          <HealTargets targets={targets} />
          <HealTimeline
            quiet={quietHistory({ ...healer, targets })}
            attempts={readFragment(HealAttemptItem, healer.history.nodes)}
            total={healer.history.totalCount}
            onMore={first < LARGEST ? () => setFirst(Math.min(LARGEST, first + MORE)) : undefined}
          />
        </>
      ) : (
        !problem && <Placeholder rows={10} />
      )}
    </div>
  )
}

function Warnings({ healer: { enabled, mode, stormBrake, docker } }: { healer: Healer }) {
  return (
    <>
      {stormBrake && (
        <p role="alert" className={classes.warning} data-tone="dead">
          ✕ The storm brake is on: more than half of all targets are down at once. Nothing is restarted automatically;
          find the common cause.
        </p>
      )}
      {!enabled && (
        <p className={classes.warning} data-tone="held">
          ‖ Auto-heal is off: {docker.message ?? 'no worker watches containers'}.
        </p>
      )}
      {enabled && docker.status !== 'OK' && (
        <p role="alert" className={classes.warning} data-tone="dead">
          ✕ Docker is not available{docker.message && `: ${docker.message}`}. No container is watched or restarted.
        </p>
      )}
      {enabled && mode === 'monitor' && (
        <p className={classes.warning} data-tone="held">
          ‖ Auto-heal only monitors: it records what it would have restarted.
        </p>
      )}
    </>
  )
}

function Cards({ stats, lastDay }: Pick<Healer, 'stats' | 'lastDay'>) {
  const rate = ({ totalAttempts, successRate }: Healer['lastDay']) => (totalAttempts === 0 ? '–' : percent(successRate))
  const cards = [
    {
      name: 'Total attempts',
      value: (figures: Healer['lastDay']) => number.format(figures.totalAttempts),
      tone: 'waiting',
    },
    {
      name: 'Success rate',
      value: rate,
      tone: stats.totalAttempts > 0 && stats.successRate < 0.5 ? 'dead' : 'recovered',
    },
    { name: 'Successful', value: (figures: Healer['lastDay']) => number.format(figures.successful), tone: 'arrived' },
    {
      name: 'Failed',
      value: (figures: Healer['lastDay']) => number.format(figures.failed),
      tone: stats.failed > 0 ? 'dead' : 'cancelled',
    },
  ]
  return (
    <dl className={classes.cards} aria-label="Attempts to heal">
      {cards.map(({ name, value, tone }) => (
        <div key={name} data-tone={tone}>
          <dt>{name}</dt>
          <dd>{value(stats)}</dd>
          <dd>{lastDay.totalAttempts === 0 ? 'none' : value(lastDay)} in the last 24 h</dd>
        </div>
      ))}
    </dl>
  )
}

function Configuration({ healer, watched }: { healer: Healer; watched: readonly string[] }) {
  const { enabled, mode, intervalSeconds, lastCheckAt, docker, stats } = healer
  return (
    <section className={classes.panel} aria-label="Configuration">
      <h2>Configuration</h2>
      <Facts
        facts={[
          ['Mode', enabled ? (mode === 'heal' ? 'heals' : 'monitors only, restarts nothing') : 'off'],
          [
            'Docker',
            <Fragment key="docker">
              <HealthDot status={docker.status} />
              {docker.status !== 'OK' && docker.message && <div className={classes.note}>{docker.message}</div>}
            </Fragment>,
          ],
          [
            'Check interval',
            intervalSeconds > 0 ? `${intervalSeconds} s, and immediately after Docker’s events` : null,
          ],
          ['Last check', lastCheckAt ? <Time key="check" at={lastCheckAt} /> : 'never'],
          ['Services', [`${watched.length} watched`, ...watched].join(', ')],
          ['Most healed', stats.services.map(({ name, count }) => `${name} ${number.format(count)}`).join(', ')],
        ]}
      />
    </section>
  )
}
