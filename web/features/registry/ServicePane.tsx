'use client'

import { useQuery } from '@apollo/client/react'
import { Button } from '@mantine/core'
import Link from 'next/link'
import { Fragment } from 'react'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { useAction } from '@/lib/actions/use-action.ts'
import { percent } from '@/lib/format/numbers.ts'
import { duration, span } from '@/lib/format/time.ts'
import type { BacklogsPageQuery, OpenAlertsPageQuery, ServiceChecksQuery, ServiceItemFragment } from '@/lib/graphql.ts'
import { useEveryRow } from '@/lib/lists/use-every-row.ts'
import { makeProblem } from '@/lib/request-error.ts'
import { useKeptPath } from '@/lib/url.ts'
import { ChartBand } from '@/ui/charts/ChartBand.tsx'
import { ChartBars } from '@/ui/charts/ChartBars.tsx'
import { HealthDot } from '@/ui/charts/HealthDot.tsx'
import { DetailPane } from '@/ui/lists/DetailPane.tsx'
import { ProblemNotice } from '@/ui/Problem.tsx'
import { Facts } from '@/ui/values/Facts.tsx'
import { Time } from '@/ui/values/Time.tsx'
import { BacklogsPage, OpenAlertsPage, ServiceChecks, UnregisterService } from './documents.ts'
import classes from './Registry.module.css'
import { reachOf } from './reach.ts'

const POLL_MS = 15_000

interface ServicePaneProps {
  id: string
  service: ServiceItemFragment | undefined
  services: readonly ServiceItemFragment[]
  onClose: () => void
}

/** One service: its state, its history, its dependencies, and its blast radius. */
export default function ServicePane({ id, service, services, onClose }: ServicePaneProps) {
  const viewer = useViewer()
  const unregister = useAction(UnregisterService, {
    failed: 'Not removed',
    confirm: ({ name }) => ({
      title: `Remove ${name} from the registry?`,
      body: 'Its history is deleted too. A running service returns when it registers again.',
      confirm: 'Remove the service',
      danger: true,
    }),
    done: (_, { name }) => `${name} is no longer registered.`,
    refetch: ['PlatformHealth'],
  })
  const may = hasRole(viewer, 'OPERATOR') && viewer.tenantId === null
  const remove = async (name: string) => {
    if (await unregister.run({ name })) onClose()
  }
  return (
    <DetailPane
      kind="Service"
      id={id}
      onClose={onClose}
      footer={
        may &&
        service && (
          <Button size="xs" variant="default" onClick={() => void remove(service.name)} loading={unregister.busy}>
            Remove…
          </Button>
        )
      }
    >
      {service ? (
        <ServiceDetails service={service} services={services} />
      ) : (
        <ProblemNotice problem={makeProblem('NOT_FOUND', `No service ${id} is registered.`)} />
      )}
    </DetailPane>
  )
}

function ServiceDetails({ service, services }: Pick<ServicePaneProps, 'services'> & { service: ServiceItemFragment }) {
  const pathTo = useKeptPath()
  const rate = (value: number | null | undefined) => (value == null ? null : percent(value))
  return (
    <>
      <Facts
        facts={[
          ['Name', <strong key="name">{service.name}</strong>],
          ['Status', <HealthDot key="status" status={service.status} />],
          ['Since', <Time key="since" at={service.statusSince} />],
          ['Last error', service.lastError],
          ['Latency', service.latencyMs == null ? null : duration(service.latencyMs)],
          ['Available, 24 h', rate(service.availability24h)],
          ['Available, 30 d', rate(service.availability30d)],
        ]}
      />
      <ReachSection service={service} services={services} />
      <Watched id={service.id} />
      <Facts
        facts={[
          ['Depends on', service.dependsOn.length > 0 && <Names key="on" names={service.dependsOn} all={services} />],
          ['URL', service.url],
          ['Health URL', service.healthUrl || 'none: its heartbeats alone count'],
          ['Checked', service.lastCheckedAt && <Time key="checked" at={service.lastCheckedAt} />],
          ['Heard of', <Time key="seen" at={service.lastSeen} />],
          ['Time to live', service.ttlSeconds != null && span(service.ttlSeconds * 1_000)],
          [
            'Auto-heal',
            service.monitored ? (
              <Link key="heal" href={pathTo('/services', { view: 'auto-heal' })} prefetch={false}>
                watches a container of it
              </Link>
            ) : (
              'does not watch it'
            ),
          ],
          ['Version', service.version],
          ['Owner', service.owner],
          ['Roles', service.rolesRequired.join(', ').toLowerCase()],
          ['Tags', service.tags.join(', ')],
        ]}
      />
    </>
  )
}

const alertsOf = ({ alerts }: OpenAlertsPageQuery) => alerts
const webhooksOf = ({ webhooks }: BacklogsPageQuery) => webhooks
const NO_VARIABLES = {}
const POLLED = { pollMs: POLL_MS }

/** The blast radius: dependent services, open alerts and waiting deliveries. */
function ReachSection({ service, services }: Pick<ServicePaneProps, 'services'> & { service: ServiceItemFragment }) {
  const pathTo = useKeptPath()
  const alerts = useEveryRow(OpenAlertsPage, NO_VARIABLES, alertsOf, POLLED)
  const receivers = useEveryRow(BacklogsPage, NO_VARIABLES, webhooksOf, POLLED)
  const reach = alerts && receivers && reachOf(service, services, { alerts, receivers })
  return (
    <section className={classes.section} aria-label="Blast radius">
      <h3>
        {service.status === 'DOWN' ? 'Services that its failure affects' : 'Services that its failure would affect'}
      </h3>
      <Facts
        facts={[
          [
            'Dependants',
            service.dependants.length > 0 ? (
              <Names key="dependants" names={service.dependants} all={services} />
            ) : (
              'none is registered'
            ),
          ],
          [
            'Open alerts',
            reach &&
              (reach.alerts.length === 0
                ? 'none'
                : reach.alerts.map(({ id, reason, rule }) => (
                    <Link
                      key={id}
                      title={reason}
                      className={classes.line}
                      href={pathTo('/alerts', { window: 'all', open: id })}
                      prefetch={false}
                    >
                      {rule.name}
                    </Link>
                  ))),
          ],
          [
            'Waiting deliveries',
            reach &&
              (reach.waiting === 0
                ? 'none'
                : reach.receivers.map(({ id, name, backlog }) => (
                    <Link key={id} className={classes.line} href={pathTo(`/webhooks/${id}`)} prefetch={false}>
                      {backlog} to {name}
                    </Link>
                  ))),
          ],
        ]}
      />
    </section>
  )
}

/** Names of services, with a link if they are registered. */
function Names({ names, all }: { names: readonly string[]; all: readonly ServiceItemFragment[] }) {
  const pathTo = useKeptPath()
  return names.map((name, index) => {
    const service = all.find((one) => one.name === name)
    return (
      <span key={name}>
        {index > 0 && ', '}
        {service ? (
          <Link href={pathTo('/services', { open: service.id })} prefetch={false}>
            {name}
          </Link>
        ) : (
          <span title="Not registered">{name}</span>
        )}
        {service && service.status !== 'OK' && ` (${service.status.toLowerCase()})`}
      </span>
    )
  })
}

/** The processes of the service if they name themselves, and its checks. */
function Watched({ id }: { id: string }) {
  const { data } = useQuery(ServiceChecks, { variables: { id }, pollInterval: POLL_MS, errorPolicy: 'ignore' })
  if (data?.node?.__typename !== 'Service') return null
  const { instances, history } = data.node
  return (
    <>
      {instances.length > 0 && <Instances instances={instances} />}
      <History history={history} />
    </>
  )
}

type Checked = Extract<ServiceChecksQuery['node'], { __typename: 'Service' }>

function Instances({ instances }: Pick<Checked, 'instances'>) {
  return (
    <section className={classes.section} aria-label="Instances">
      <h3>Instances</h3>
      <Facts
        facts={instances.map(({ name, version, lastSeen, isSilent }) => [
          name,
          <Fragment key={name}>
            {isSilent ? 'silent since' : 'heard of'} <Time at={lastSeen} />
            {version && <div className={classes.note}>version {version}</div>}
          </Fragment>,
        ])}
      />
    </section>
  )
}

function History({ history }: Pick<Checked, 'history'>) {
  if (!history.some(({ ok, degraded, down }) => ok + degraded + down > 0)) return null
  return (
    <section className={classes.charts} aria-label="Checks of the last 24 hours">
      <h3>Checks of the last 24 hours</h3>
      <ChartBars
        label="Checks by the hour"
        buckets={history}
        series={[
          { name: 'down', color: 'var(--chart-dead)', accessor: ({ down }) => down },
          { name: 'degraded', color: 'var(--chart-retrying)', accessor: ({ degraded }) => degraded },
          { name: 'ok', color: 'var(--chart-arrived)', accessor: ({ ok }) => ok },
        ]}
      />
      {history.some(({ latencyAvgMs }) => latencyAvgMs != null) && (
        <ChartBand
          label="Latency, mean to longest"
          height={44}
          buckets={history.map(({ start, latencyAvgMs, latencyMaxMs }) => ({
            start,
            low: latencyAvgMs,
            high: latencyMaxMs,
          }))}
        />
      )}
    </section>
  )
}
