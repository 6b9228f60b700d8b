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
  /** Registered services that depend on this service, directly or through others. */
  dependants: readonly string[]
  /** Open alerts about this service or one of its dependants. */
  alerts: readonly OpenAlert[]
  /** Webhooks that send to this service or to one of its dependants, and have waiting deliveries. */
  receivers: readonly Receiver[]
  waiting: number
}

type Reachable = Pick<ServiceItemFragment, 'name' | 'url' | 'dependants'>

const hostOf = (url: string): string | null => (URL.canParse(url) ? new URL(url).host || null : null)

/** The values of an alert's group: the group { "subject": "crm" } refers to the service crm. */
const groupValues = (group: unknown): unknown[] =>
  typeof group === 'object' && group !== null ? Object.values(group) : []

/**
 * The blast radius of a service: the service and its dependants, and the alerts and webhooks that concern one of them.
 * An alert concerns a service if its source or a value of its group is the name of the service. A webhook concerns it
 * if its URL has the service's host and port.
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
