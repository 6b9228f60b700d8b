'use client'

import type { OperationVariables, TypedDocumentNode } from '@apollo/client'
import { useQuery } from '@apollo/client/react'
import { Button } from '@mantine/core'
import Link from 'next/link'
import { useRouter } from 'next/navigation'
import { useEffect, useMemo, useState } from 'react'
import { useTenantFilter } from '@/features/access/tenant/tenant-filter.ts'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { FiringAlerts } from '@/features/alerts/FiringAlerts.tsx'
import { useCurrentState } from '@/features/current-state/current-state.tsx'
import { CauseList } from '@/features/deliveries/CauseList.tsx'
import { FailureCauseFields } from '@/features/deliveries/causes.ts'
import { DownServices } from '@/features/registry/DownServices.tsx'
import { PauseWebhook } from '@/features/webhooks/actions.ts'
import { WebhookRow } from '@/features/webhooks/documents.ts'
import { WebhookHealthList } from '@/features/webhooks/health/WebhookHealthList.tsx'
import { useAction } from '@/lib/actions/use-action.ts'
import { useNow } from '@/lib/clock.ts'
import { clockMinutes } from '@/lib/format/time.ts'
import { readFragment } from '@/lib/graphql.ts'
import { WINDOWS } from '@/lib/lists/windows.ts'
import { useReportList } from '@/lib/live/list-state.tsx'
import { problemOf } from '@/lib/request-error.ts'
import { type Seed, useSeedPolicy, useSeeds } from '@/lib/seeds.tsx'
import { useKeptPath, useWindowParam } from '@/lib/url.ts'
import { useZone } from '@/lib/use-prefs.tsx'
import { useShortcuts } from '@/lib/use-shortcuts.tsx'
import { Placeholder } from '@/ui/Placeholder.tsx'
import { ProblemNotice } from '@/ui/Problem.tsx'
import { useAutoRetry } from '@/ui/use-auto-retry.ts'
import { CurrentFigures } from './CurrentFigures.tsx'
import {
  NowAlerts,
  NowCauses,
  NowEvents,
  NowOverview,
  NowSuggestions,
  NowWebhooks,
  ReplaySuggestionFields,
} from './documents.ts'
import { EventFigures } from './EventFigures.tsx'
import { History } from './History.tsx'
import classes from './Now.module.css'
import { SinceLastVisit } from './SinceLastVisit.tsx'
import { Suggestions } from './Suggestions.tsx'
import { verdictOf } from './verdict.ts'

/** Polling interval in milliseconds for data without a subscription. */
const POLL_MS = 15_000
/** Minimum time between two reloads that changes of the subscribed statistics cause. */
const SOON_MS = 3_000

/** The landing page: what is broken, since when, which receiver is the cause, and whether a replay would help. */
export function NowPage({ seeds }: { seeds?: readonly Seed[] }) {
  useSeeds(seeds, [NowOverview, NowWebhooks, NowCauses, NowSuggestions, NowEvents])
  const tenantId = useTenantFilter()
  const [window] = useWindowParam()
  const pathTo = useKeptPath()
  const { counts, webhooks: states, firing, downServices } = useCurrentState()
  const timeWindow = WINDOWS[window].value
  const overview = usePolled(NowOverview, useSame({ filter: { tenantId, window: timeWindow } }))
  const webhooksQuery = usePolled(NowWebhooks, useSame({ tenantId, window: timeWindow }))
  const alertsQuery = usePolled(NowAlerts, useSame({ tenantId, window: timeWindow }))
  const causesQuery = usePolled(NowCauses, useSame({ tenantId }))
  const suggestionsQuery = usePolled(NowSuggestions, useSame({ tenantId }))
  const refresh = () => {
    for (const { refetch } of [overview, webhooksQuery, causesQuery, suggestionsQuery]) refetch().catch(() => undefined)
  }
  useSoonAfter(counts, () => {
    for (const { refetch } of [causesQuery, suggestionsQuery]) refetch().catch(() => undefined)
  })
  const problem = overview.error ?? causesQuery.error ?? suggestionsQuery.error ?? webhooksQuery.error
  useAutoRetry(problem !== undefined && problemOf(problem).code === 'UNAVAILABLE', refresh)
  const loadedAt = useLoadedAt(overview.data)
  useReportList({
    mode: 'live',
    paused: false,
    heldBy: null,
    waiting: 0,
    stopped: problem !== undefined,
    loadedAt,
    setPaused: null,
    refresh,
    refreshing: overview.loading,
  })
  const data = overview.data ?? overview.previousData
  const causes = readFragment(FailureCauseFields, (causesQuery.data ?? causesQuery.previousData)?.failureCauses)
  const webhooks = readFragment(WebhookRow, (webhooksQuery.data ?? webhooksQuery.previousData)?.webhooks.nodes)
  const suggestions = readFragment(
    ReplaySuggestionFields,
    (suggestionsQuery.data ?? suggestionsQuery.previousData)?.replaySuggestions,
  )
  // The headline and the sections appear together, so that none of them pushes the others down.
  const isLoaded =
    problem !== undefined || (counts && (firing ?? alertsQuery.error) && data && suggestions && causes && webhooks)
  return (
    <div className={classes.now}>
      <h1 className={classes.title}>Now</h1>
      {problem && <ProblemNotice problem={problemOf(problem)} onRetry={refresh} retrying={overview.loading} />}
      {!isLoaded && (
        <>
          <Placeholder rows={1} height={44} />
          <Placeholder rows={8} height={64} />
        </>
      )}
      {isLoaded && (
        <>
          <Headline
            webhooks={states ?? webhooks ?? null}
            services={downServices}
            firing={firing}
            counts={counts}
            likely={suggestions?.reduce((sum, cluster) => sum + cluster.likely, 0) ?? null}
          />
          <FiringAlerts />
          <SinceLastVisit tenantId={tenantId} />
          <CurrentFigures counts={counts} stats={data?.deliveryStats ?? null} outdated={overview.data === undefined} />
          <section aria-label="Suggestions" className={classes.section}>
            <h2>What a replay recovers</h2>
            <Suggestions suggestions={suggestions ?? null} />
          </section>
          <section aria-label="Causes" className={classes.section}>
            <div className={classes.sectionHead}>
              <h2>What fails, and why</h2>
              {causes && causes.length > 0 && (
                <Link href={pathTo('/deliveries', { group: 'true' })} prefetch={false}>
                  All causes
                </Link>
              )}
            </div>
            {causes ? <Causes causes={causes} /> : <Placeholder rows={3} height={56} />}
          </section>
          <DownServices />
          <section aria-label="Deliveries" className={classes.section}>
            <h2>Deliveries {WINDOWS[window].phrase}</h2>
            <History
              timeline={data?.deliveryStats.timeline ?? []}
              alerts={(alertsQuery.data ?? alertsQuery.previousData)?.alerts.nodes ?? []}
              outdated={overview.data === undefined}
            />
          </section>
          <section aria-label="Webhook health" className={classes.section}>
            <h2>Webhooks, worst first</h2>
            {webhooks ? <WebhookHealthList webhooks={webhooks} /> : <Placeholder rows={4} />}
          </section>
          <EventFigures tenantId={tenantId} window={window} />
        </>
      )}
    </div>
  )
}

interface HeadlineProps {
  webhooks: readonly { name: string; state: string; circuit: string; failingSince?: string | null }[] | null
  services: ReturnType<typeof useCurrentState>['downServices']
  firing: ReturnType<typeof useCurrentState>['firing']
  counts: ReturnType<typeof useCurrentState>['counts']
  /** Number of dead letters whose replay would probably succeed; null while unknown. */
  likely: number | null
}

/** The verdict, and the names of the receivers and services that are down. */
function Headline({ webhooks, services, firing, counts, likely }: HeadlineProps) {
  const now = useNow()
  const zone = useZone()
  const pathTo = useKeptPath()
  const router = useRouter()
  const unrecovered = pathTo('/deliveries', { status: 'dead', window: 'all' })
  useShortcuts([{ keys: 'u', label: 'Unrecovered deliveries', group: 'Page', run: () => router.push(unrecovered) }])
  if (!webhooks || !counts) return <Placeholder rows={1} height={44} />
  const { tone, text, down } = verdictOf(
    {
      webhooks: webhooks.map((webhook) => ({
        name: webhook.name,
        down: webhook.state === 'DISABLED' || webhook.circuit !== 'CLOSED',
        failingSince: webhook.failingSince ?? null,
      })),
      services: services?.map(({ name, statusSince }) => ({ name, since: statusSince })) ?? [],
      firing: firing ?? { total: 0, critical: 0, errors: 0 },
      unrecovered: counts.unrecovered,
      held: counts.held,
      pending: counts.pending,
      likely,
    },
    (iso) => clockMinutes(Date.parse(iso), now, zone),
  )
  return (
    <div className={classes.headline} data-tone={tone}>
      <p data-testid="verdict">
        <span aria-hidden="true">{tone === 'good' ? '●' : tone === 'warn' ? '‖' : '✕'}</span>{' '}
        <span role="status">{text}</span>
      </p>
      {down.length > 0 && <p className={classes.names}>Down: {down.join(', ')}</p>}
      {counts.unrecovered > 0 && (
        <Button
          component={Link}
          href={unrecovered}
          prefetch={false}
          size="xs"
          variant="default"
          title="Unrecovered (u)"
        >
          Show the unrecovered
        </Button>
      )}
    </div>
  )
}

function Causes({ causes }: { causes: Parameters<typeof CauseList>[0]['causes'] }) {
  const viewer = useViewer()
  const may = hasRole(viewer, 'OPERATOR')
  const pause = useAction(PauseWebhook, {
    failed: 'Not paused',
    confirm: () => ({
      title: 'Pause this webhook?',
      body: 'Its deliveries wait until it is resumed. None of them is lost.',
      confirm: 'Pause the webhook',
    }),
    done: () => 'Paused. Its deliveries wait.',
    refetch: ['WebhookStates', 'NowCauses', 'NowSuggestions', 'NowWebhooks', 'CurrentDeliveries'],
  })
  if (causes.length === 0) return <p className={classes.calm}>Nothing fails. Every dead letter is recovered.</p>
  return (
    <div className={classes.box}>
      <CauseList
        causes={causes}
        actions={
          may
            ? (cause) =>
                cause.webhook.state === 'ENABLED' && (
                  <Button size="compact-xs" variant="default" onClick={() => void pause.run({ id: cause.webhook.id })}>
                    Pause…
                  </Button>
                )
            : undefined
        }
      />
    </div>
  )
}

/** Returns the same object while its values are equal. */
function useSame<Value extends object>(value: Value): Value {
  const key = JSON.stringify(value)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key changes exactly when the value does
  return useMemo(() => value, [key])
}

/** A query that runs every 15 s. The first run is skipped if the server already loaded the result. */
function usePolled<Data, Variables extends OperationVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
) {
  const fetchPolicy = useSeedPolicy(document, variables)
  return useQuery<Data, OperationVariables>(document, { variables, fetchPolicy, pollInterval: POLL_MS })
}

/** Calls `ask` soon after `changed` has changed, at most once every few seconds. */
function useSoonAfter(changed: unknown, ask: () => void): void {
  const [askedAt, setAskedAt] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs whenever `changed` changes
  useEffect(() => {
    const timer = setTimeout(
      () => {
        setAskedAt(Date.now())
        ask()
      },
      Math.max(500, askedAt + SOON_MS - Date.now()),
    )
    return () => clearTimeout(timer)
  }, [changed])
}

/** When the newest data arrived, in milliseconds since 1970. */
function useLoadedAt(data: unknown): number | null {
  const [at, setAt] = useState<number | null>(null)
  useEffect(() => {
    if (data !== undefined) setAt(Date.now())
  }, [data])
  return at
}
