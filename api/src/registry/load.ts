import type { AppContext } from '../app-context.ts'
import type { Identity } from '../identity/identity.ts'
import { CHANNELS } from '../kit/pubsub.ts'
import type { ServiceRow } from './announce.ts'
import { effectiveStatus, isOverdue } from './monitor/health-state.ts'

/** Whether an identity may see services. They belong to the installation, so a bound identity sees none. */
export const seesServices = ({ tenantId }: Identity): boolean => tenantId === null

/**
 * Tells every process that services or their state have changed. Receivers must read the rows: the message has no
 * content.
 */
export const servicesChanged = ({ pubsub }: Pick<AppContext, 'pubsub'>): void => {
  void pubsub.publish(CHANNELS.health, '')
}

/**
 * The status of a service at a time. `overdue` is the reason if the service is DOWN because its time to live has
 * expired.
 */
export function statusAt(row: Signs, at: Date): Pick<ServiceRow, 'status'> & { overdue: string | null } {
  const signs = { ...row, lastSeen: row.lastSeen.getTime() }
  const overdue = isOverdue(signs, at.getTime()) ? `no heartbeat for ${row.ttlSeconds} s` : null
  return { status: effectiveStatus(signs, at.getTime()), overdue }
}

/** Why a service is DOWN or DEGRADED according to its last heartbeat; null if that reported neither. */
export function reportedError({
  reportedStatus,
  reportedMessage,
}: Pick<ServiceRow, 'reportedStatus' | 'reportedMessage'>): string | null {
  if (reportedStatus !== 'DOWN' && reportedStatus !== 'DEGRADED') return null
  return `it reported ${reportedStatus}${reportedMessage === null ? ' without a reason' : `: ${reportedMessage}`}`
}

/** The fault of a service: what the last check found, or else what its last heartbeat reported; null if it has none. */
export const errorOf = (row: Pick<ServiceRow, 'lastError' | 'reportedStatus' | 'reportedMessage'>): string | null =>
  row.lastError ?? reportedError(row)

type Signs = Pick<ServiceRow, 'healthUrl' | 'probedStatus' | 'reportedStatus' | 'lastSeen' | 'ttlSeconds'>
