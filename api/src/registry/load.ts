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

type Signs = Pick<ServiceRow, 'healthUrl' | 'probedStatus' | 'reportedStatus' | 'lastSeen' | 'ttlSeconds'>
