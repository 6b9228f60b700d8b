'use client'

import { Button } from '@mantine/core'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { useAction } from '@/lib/actions/use-action.ts'
import { readFragment } from '@/lib/graphql.ts'
import { usePageQuery } from '@/lib/lists/use-page-query.ts'
import { type Seed, useSeeds } from '@/lib/seeds.tsx'
import { EmptyState } from '@/ui/lists/EmptyState.tsx'
import { Placeholder } from '@/ui/Placeholder.tsx'
import { ProblemNotice } from '@/ui/Problem.tsx'
import classes from './Ai.module.css'
import { DrillProviders, ProviderCard, ProvidersQuery } from './documents.ts'
import { Provider } from './Provider.tsx'

/** AI providers in the order of their use, with their health and their latest drills. */
export function ProvidersPage({ seeds }: { seeds?: readonly Seed[] }) {
  useSeeds(seeds, [ProvidersQuery])
  const viewer = useViewer()
  const { data, problem, loading, refresh } = usePageQuery(ProvidersQuery, {})
  const drill = useAction(DrillProviders, {
    failed: 'Not drilled',
    confirm: () => ({
      title: 'Drill all providers?',
      body: 'Each gets a harmless request for each of its intents. It costs tokens at vendors that charge for them.',
      confirm: 'Drill now',
    }),
    done: ({ drillProviders }) => {
      const failed = drillProviders.filter(({ ok }) => !ok).map(({ provider }) => provider)
      return failed.length === 0
        ? `All ${drillProviders.length} would answer.`
        : { tone: 'warn', title: `${failed.length} would fail: ${failed.join(', ')}.` }
    },
    refetch: ['AiProviders'],
  })
  const providers = data && readFragment(ProviderCard, data.aiProviders)
  return (
    <div className={classes.page}>
      <div className={classes.head}>
        <h1>AI providers</h1>
        {hasRole(viewer, 'OPERATOR') && viewer.tenantId === null && (
          <Button size="xs" onClick={() => void drill.run({})} loading={drill.busy}>
            Drill now…
          </Button>
        )}
      </div>
      {problem && <ProblemNotice problem={problem} onRetry={refresh} retrying={loading} />}
      {providers ? (
        providers.length === 0 ? (
          <EmptyState title="No provider is configured." />
        ) : (
          <>
            <p className={classes.note}>Requests are sent to them in this order until one returns a valid answer.</p>
            <ol className={classes.cards}>
              {[...providers]
                .sort((a, b) => a.priority - b.priority)
                .map((provider) => (
                  <Provider key={provider.name} provider={provider} />
                ))}
            </ol>
          </>
        )
      ) : (
        !problem && <Placeholder rows={8} />
      )}
    </div>
  )
}
