'use client'

import { useQuery } from '@apollo/client/react'
import { Button } from '@mantine/core'
import { parseAsStringLiteral, useQueryState } from 'nuqs'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { useAction } from '@/lib/actions/use-action.ts'
import { readFragment, type WebhookDetailsQuery } from '@/lib/graphql.ts'
import { WINDOWS } from '@/lib/lists/windows.ts'
import { useReportList } from '@/lib/live/list-state.tsx'
import { makeProblem, problemOf } from '@/lib/request-error.ts'
import { useWindowParam } from '@/lib/url.ts'
import { HealthDot } from '@/ui/charts/HealthDot.tsx'
import { lazily } from '@/ui/Lazy.tsx'
import { Placeholder } from '@/ui/Placeholder.tsx'
import { ProblemNotice } from '@/ui/Problem.tsx'
import { Tabs } from '@/ui/Tabs.tsx'
import { useAutoRetry } from '@/ui/use-auto-retry.ts'
import { PauseWebhook, ProbeWebhook, ResumeWebhook, WebhookStateFields } from './actions.ts'
import { WebhookDetails, WebhookSettings } from './documents.ts'
import { Circuit } from './health/Circuit.tsx'
import { WebhookOverview } from './health/WebhookOverview.tsx'
import { probeResult } from './probe-result.ts'
import classes from './Webhooks.module.css'

export type DetailedWebhook = Extract<WebhookDetailsQuery['node'], { __typename: 'Webhook' }>

// Each tab's code is loaded when the tab is opened.
const WebhookDeliveries = lazily(() => import('./WebhookDeliveries.tsx'))
const WebhookSettingsForm = lazily(() => import('./WebhookSettingsForm.tsx'))
const WebhookTest = lazily(() => import('./WebhookTest.tsx'))
const WebhookSecret = lazily(() => import('./WebhookSecret.tsx'))

const POLL_MS = 15_000
const TABS = ['overview', 'deliveries', 'settings', 'test', 'secret'] as const

/** One webhook: its health, its deliveries, and its settings. */
export function WebhookPage({ id }: { id: string }) {
  const viewer = useViewer()
  const [window] = useWindowParam()
  const [tab, setTab] = useQueryState('tab', parseAsStringLiteral(TABS).withDefault('overview'))
  const variables = { id, window: WINDOWS[window].value }
  const {
    data: fresh,
    previousData,
    error,
    loading,
    refetch,
  } = useQuery(WebhookDetails, { variables, pollInterval: POLL_MS })
  const data = fresh ?? previousData
  const refresh = () => void refetch().catch(() => undefined)
  useAutoRetry(error !== undefined && problemOf(error).code === 'UNAVAILABLE', refresh)
  useReportList({
    mode: 'poll',
    paused: false,
    heldBy: null,
    waiting: 0,
    stopped: error !== undefined,
    loadedAt: null,
    setPaused: null,
    refresh,
    refreshing: loading,
  })
  const node = data?.node?.__typename === 'Webhook' ? data.node : null
  if (!node) {
    const problem = error ? problemOf(error) : makeProblem('NOT_FOUND', `There is no webhook ${id} that you may see.`)
    return (
      <div className={classes.page}>
        {loading ? <Placeholder rows={6} /> : <ProblemNotice problem={problem} onRetry={refresh} retrying={loading} />}
      </div>
    )
  }
  const may = hasRole(viewer, 'OPERATOR') && !node.deletedAt
  const shown = may ? tab : tab === 'deliveries' ? 'deliveries' : 'overview'
  return (
    <div className={classes.page}>
      {error && <ProblemNotice problem={problemOf(error)} onRetry={refresh} retrying={loading} />}
      <Head webhook={node} may={may} />
      <Tabs
        label={`About ${readFragment(WebhookSettings, node).name}`}
        active={shown}
        onChange={(next) => void setTab(next)}
        tabs={[
          { name: 'overview', label: 'Overview' },
          { name: 'deliveries', label: 'Deliveries' },
          ...(may
            ? [
                { name: 'settings' as const, label: 'Settings' },
                { name: 'test' as const, label: 'Test' },
                { name: 'secret' as const, label: 'Secret' },
              ]
            : []),
        ]}
      >
        {shown === 'overview' && <WebhookOverview webhook={node} currentState={data?.currentState ?? null} />}
        {shown === 'deliveries' && <WebhookDeliveries webhookId={id} />}
        {shown === 'settings' && <WebhookSettingsForm webhook={readFragment(WebhookSettings, node)} />}
        {shown === 'test' && <WebhookTest webhook={readFragment(WebhookSettings, node)} />}
        {shown === 'secret' && <WebhookSecret webhook={readFragment(WebhookSettings, node)} />}
      </Tabs>
    </div>
  )
}

/** Its name, its state, and its main actions. */
function Head({ webhook, may }: { webhook: DetailedWebhook; may: boolean }) {
  const { id, name } = readFragment(WebhookSettings, webhook)
  const state = readFragment(WebhookStateFields, webhook)
  const refetch = ['WebhookDetails', 'WebhookStates', 'CurrentDeliveries']
  const pause = useAction(PauseWebhook, {
    failed: 'Not paused',
    confirm: () => ({
      title: `Pause ${name}?`,
      body: 'Its deliveries wait until it is resumed. None of them is lost.',
      confirm: 'Pause the webhook',
    }),
    done: () => 'Paused. Its deliveries wait.',
    refetch,
  })
  const resume = useAction(ResumeWebhook, {
    failed: 'Not resumed',
    done: () => 'Resumed. Waiting deliveries are sent.',
    refetch,
  })
  const probe = useAction(ProbeWebhook, {
    failed: 'Not probed',
    done: ({ probeWebhook }) => probeResult(probeWebhook.attempt),
    refetch,
  })
  return (
    <div className={classes.head}>
      <h1>{name}</h1>
      <HealthDot status={webhook.health.status} />
      <Circuit {...state} />
      {webhook.deletedAt && <span>Deleted</span>}
      <div>
        {may && state.state === 'ENABLED' && state.circuit !== 'CLOSED' && (
          <Button size="xs" onClick={() => void probe.run({ id })} loading={probe.busy}>
            Probe now
          </Button>
        )}
        {may && state.state === 'ENABLED' && (
          <Button size="xs" variant="default" onClick={() => void pause.run({ id })} loading={pause.busy}>
            Pause…
          </Button>
        )}
        {may && state.state !== 'ENABLED' && (
          <Button size="xs" onClick={() => void resume.run({ id })} loading={resume.busy}>
            Resume
          </Button>
        )}
      </div>
    </div>
  )
}
