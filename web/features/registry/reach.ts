import type { ServiceItemFragment } from '@/lib/graphql.ts'

interface OpenAlert {
  id: string
  source?: string | null
  group: unknown
  reason: string
  rule: { name: string }
}

interface Receiver {
  id: string
  name: string
  url: string
  backlog: number
}

export interface Reach {
  /** Registered services that do not work without it, directly or over others. */
  dependants: readonly string[]
  /** Open alerts about it or one of these. */
  alerts: readonly OpenAlert[]
  /** Webhooks to it or to one of these, with deliveries that wait. */
  receivers: readonly Receiver[]
  waiting: number
}

type Reachable = Pick<ServiceItemFragment, 'name' | 'url' | 'dependants'>

const hostOf = (url: string): string | null => (URL.canParse(url) ? new URL(url).host || null : null)

/** Values of an alert's group: { "subject": "crm" } is about crm. */
const groupValues = (group: unknown): unknown[] =>
  typeof group === 'object' && group !== null ? Object.values(group) : []

/**
 * The blast radius of a service. An alert belongs to it when its source or a value of its group is the name of a service in
 * reach; a webhook does when it has the host and port of such a service.
 */
export function reachOf(
  service: Reachable,
  services: readonly Reachable[],
  { alerts, receivers }: { alerts: readonly OpenAlert[]; receivers: readonly Receiver[] },
): Reach {
  const names = new Set([service.name, ...service.dependants])
  const hosts = new Set(services.filter(({ name }) => names.has(name)).map(({ url }) => hostOf(url)))
  hosts.add(hostOf(service.url))
  hosts.delete(null)
  const behind = receivers.filter(({ url, backlog }) => backlog > 0 && hosts.has(hostOf(url)))
  return {
    dependants: service.dependants,
    alerts: alerts.filter((alert) =>
      [alert.source, ...groupValues(alert.group)].some((value) => typeof value === 'string' && names.has(value)),
    ),
    receivers: behind,
    waiting: behind.reduce((sum, { backlog }) => sum + backlog, 0),
  }
}
