import type { HealthStatus, Service, Severity } from '../../../prisma/generated/client/client.ts'
import type { Publisher } from '../events/publish/publish.ts'
import type { SystemEvent } from '../events/publish/publish-in-transaction.ts'

export type ServiceRow = Service

/**
 * Publishes an event after the change that it reports was committed. An event that cannot be published is only logged.
 */
export type Announcer = Pick<Publisher, 'announce'>

export const SOURCE = 'aetherlink'

/** Builds an event of the registry, which always belongs to the installation, because services have no tenant. */
const event = (service: Pick<ServiceRow, 'name'>, type: string, severity: Severity, payload: object): SystemEvent => ({
  type,
  source: SOURCE,
  severity,
  subject: service.name,
  tenantId: null,
  payload: { service: service.name, ...payload },
  route: null,
})

/** `reason` is the reason why the service left the registry. */
export const unregisteredEvent = (service: Pick<ServiceRow, 'name' | 'lastSeen'>, reason: string): SystemEvent =>
  event(service, 'service.unregistered', 'WARNING', { reason, lastSeen: service.lastSeen.toISOString() })

/** A change of a service's status, found by a check, a heartbeat or a registration. */
export interface Transition {
  service: Pick<ServiceRow, 'name' | 'healthUrl'>
  from: HealthStatus
  to: HealthStatus
  /** When the status `from` began. */
  since: Date
  at: Date
  error: string | null
}

/** The event of a service that became worse, or is healthy again. Null for other changes. */
export function transitionEvent({ service, from, to, since, at, error }: Transition): SystemEvent | null {
  if (to === 'DOWN' || to === 'DEGRADED') {
    const payload = { status: to, error, healthUrl: service.healthUrl }
    return event(service, 'service.health.failed', to === 'DOWN' ? 'ERROR' : 'WARNING', payload)
  }
  if (to !== 'OK' || from === 'UNKNOWN') return null
  const payload = { status: to, previousStatus: from, durationMs: at.getTime() - since.getTime() }
  return event(service, 'service.health.recovered', 'INFO', payload)
}

export function announceRegistered(announcer: Announcer, service: ServiceRow): void {
  const { url, healthUrl, version, tags } = service
  announcer.announce(SOURCE, event(service, 'service.registered', 'INFO', { url, healthUrl, version, tags }))
}

export const announceUnregistered = (announcer: Announcer, service: ServiceRow, reason: string): void =>
  announcer.announce(SOURCE, unregisteredEvent(service, reason))

export function announceTransition(announcer: Announcer, transition: Transition): void {
  const event = transitionEvent(transition)
  if (event) announcer.announce(SOURCE, event)
}
