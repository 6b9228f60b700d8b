import type { HealthStatus, Service, Severity } from '../../../prisma/generated/client/client.ts'
import type { Publisher } from '../events/publish/publish.ts'

export type ServiceRow = Service

export type Announcer = Pick<Publisher, 'announce'>

const SOURCE = 'aetherlink'

/** Builds an event of the registry, which always belongs to the installation, because services have no tenant. */
const event = (service: Pick<ServiceRow, 'name'>, type: string, severity: Severity, payload: object) => ({
  type,
  severity,
  subject: service.name,
  tenantId: null,
  payload: { service: service.name, ...payload },
})

export function announceRegistered({ announce }: Announcer, service: ServiceRow): void {
  const { url, healthUrl, version, tags } = service
  announce(SOURCE, event(service, 'service.registered', 'INFO', { url, healthUrl, version, tags }))
}

/** `reason` is the reason why the service left the registry. */
export function announceUnregistered(
  { announce }: Announcer,
  service: Pick<ServiceRow, 'name' | 'lastSeen'>,
  reason: string,
): void {
  const payload = { reason, lastSeen: service.lastSeen.toISOString() }
  announce(SOURCE, event(service, 'service.unregistered', 'WARNING', payload))
}

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

/** Announces that a service became worse, or is healthy again. Other changes have no event. */
export function announceTransition({ announce }: Announcer, transition: Transition): void {
  const { service, from, to, since, at, error } = transition
  if (to === 'DOWN' || to === 'DEGRADED') {
    const payload = { status: to, error, healthUrl: service.healthUrl }
    announce(SOURCE, event(service, 'service.health.failed', to === 'DOWN' ? 'ERROR' : 'WARNING', payload))
  } else if (to === 'OK' && from !== 'UNKNOWN') {
    const payload = { status: to, previousStatus: from, durationMs: at.getTime() - since.getTime() }
    announce(SOURCE, event(service, 'service.health.recovered', 'INFO', payload))
  }
}
