'use client'

import { Button } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { useAction } from '@/lib/actions/use-action.ts'
import { useNow } from '@/lib/clock.ts'
import { clockMinutes } from '@/lib/format/time.ts'
import { type PruneRunScopesFragment, type RetentionOverviewQuery, readFragment } from '@/lib/graphql.ts'
import { usePageQuery } from '@/lib/lists/use-page-query.ts'
import { type Seed, useSeeds } from '@/lib/seeds.tsx'
import { useKeptPath } from '@/lib/url.ts'
import { useZone } from '@/lib/use-prefs.tsx'
import { Figures } from '@/ui/charts/Figures.tsx'
import { lazily } from '@/ui/Lazy.tsx'
import { Placeholder } from '@/ui/Placeholder.tsx'
import { ProblemNotice } from '@/ui/Problem.tsx'
import { Time } from '@/ui/values/Time.tsx'
import { PruneEvents, PruneRunScopes, RetentionQuery } from './documents.ts'
import { InstallationPolicies } from './InstallationPolicies.tsx'
import { LegalHolds } from './LegalHolds.tsx'
import classes from './Retention.module.css'
import { ScopeTable } from './ScopeTable.tsx'
import { TenantPolicies } from './TenantPolicies.tsx'
import { daysText } from './words.ts'

const TableSizeChart = lazily(() => import('./TableSizeChart.tsx'))

type Settings = RetentionOverviewQuery['retention']

const number = new Intl.NumberFormat('en')

/** Policies, legal holds, the next prune run, and the rows that this run would delete. */
export function PoliciesView({ seeds, views }: { seeds?: readonly Seed[]; views: ReactNode }) {
  useSeeds(seeds, [RetentionQuery])
  const viewer = useViewer()
  const { data, problem, loading, refresh } = usePageQuery(RetentionQuery, {})
  const [dryRun, setDryRun] = useState<PruneRunScopesFragment | null>(null)
  const settings = data?.retention
  const mayChange = hasRole(viewer, 'ADMIN') && viewer.tenantId === null
  return (
    <div className={classes.page}>
      <div className={classes.head}>
        <h1>Retention</h1>
        {views}
        {hasRole(viewer, 'OPERATOR') && viewer.tenantId === null && <PruneButtons onDryRun={setDryRun} />}
      </div>
      {problem && <ProblemNotice problem={problem} onRetry={refresh} retrying={loading} />}
      {settings ? (
        <>
          <Overview settings={settings} />
          {dryRun && <DryRunResult run={dryRun} onClose={() => setDryRun(null)} />}
          <InstallationPolicies policies={settings.policies} mayChange={mayChange} />
          <TenantPolicies
            policies={settings.tenantPolicies}
            defaultDays={settings.globalDefaultDays}
            mayChange={mayChange}
          />
          <LegalHolds holds={settings.legalHolds} mayChange={mayChange} />
          {viewer.tenantId === null && <TableSizeChart />}
        </>
      ) : (
        !problem && <Placeholder rows={10} />
      )}
    </div>
  )
}

function PruneButtons({ onDryRun }: { onDryRun: (run: PruneRunScopesFragment) => void }) {
  const refetch = ['RetentionOverview', 'TableSizes']
  const dryRun = useAction(PruneEvents, { failed: 'No dry run' })
  const prune = useAction(PruneEvents, {
    failed: 'Not pruned',
    confirm: () => ({
      title: 'Prune what has expired, now?',
      body: 'It is deleted permanently unless archiving is on. A dry run shows what would be deleted.',
      confirm: 'Prune now',
      danger: true,
    }),
    done: ({ pruneEvents }) => {
      const run = readFragment(PruneRunScopes, pruneEvents.run)
      return run.finishedAt
        ? `Pruned ${number.format(run.totalPruned)} events.`
        : 'The run continues in the background; see Prune runs.'
    },
    refetch,
  })
  const ask = async () => {
    const data = await dryRun.run({ dryRun: true })
    if (data) onDryRun(readFragment(PruneRunScopes, data.pruneEvents.run))
  }
  return (
    <div className={classes.actions}>
      <Button size="xs" variant="default" onClick={() => void ask()} loading={dryRun.busy}>
        Dry run
      </Button>
      <Button size="xs" onClick={() => void prune.run({ dryRun: false })} loading={prune.busy}>
        Prune now…
      </Button>
    </div>
  )
}

function Overview({ settings }: { settings: Settings }) {
  const { globalDefaultDays, nextPruneAt, lastPrune, archiveEnabled, archiveTarget, legalHolds } = settings
  const pathTo = useKeptPath()
  const now = useNow()
  const zone = useZone()
  return (
    <Figures
      label="Retention now"
      figures={[
        { label: 'Events are kept', value: daysText(globalDefaultDays) },
        {
          label: 'Next run',
          value: nextPruneAt ? clockMinutes(Date.parse(nextPruneAt), now, zone) : '–',
          note: nextPruneAt && <Time at={nextPruneAt} show="age" />,
        },
        {
          label: 'Last run',
          value: lastPrune ? number.format(lastPrune.totalPruned) : '–',
          href: lastPrune ? pathTo('/retention', { view: 'runs', open: lastPrune.id }) : undefined,
          note: lastPrune ? (
            <>
              pruned <Time at={lastPrune.startedAt} show="age" />
            </>
          ) : (
            'none yet'
          ),
        },
        { label: 'Archive', value: archiveEnabled ? 'on' : 'off', note: archiveTarget },
        {
          label: 'Legal holds',
          value: number.format(legalHolds.length),
          tone: legalHolds.length > 0 ? 'held' : undefined,
        },
      ]}
    />
  )
}

function DryRunResult({ run, onClose }: { run: PruneRunScopesFragment; onClose: () => void }) {
  return (
    <section className={classes.panel} aria-label="Dry run">
      <div className={classes.sectionHead}>
        <h2 role="status">
          {run.finishedAt
            ? `A run would remove ${number.format(run.totalPruned)} events now`
            : 'The dry run continues in the background; see Prune runs'}
        </h2>
        <Button size="compact-xs" variant="subtle" onClick={onClose}>
          Dismiss
        </Button>
      </div>
      <ScopeTable run={run} />
    </section>
  )
}
