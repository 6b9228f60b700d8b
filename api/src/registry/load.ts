import type { AppContext } from '../app-context.ts'
import type { Identity } from '../identity/identity.ts'
import { CHANNELS } from '../kit/pubsub.ts'
import type { ServiceRow } from './announce.ts'
import { effectiveStatus, isOverdue } from './monitor/health-state.ts'

/** Services belong to the installation: an identity that is bound to a tenant sees none. */
export const seesServices = ({ tenantId }: Identity): boolean => tenantId === null

/** Notifies every process of a change of services or their state. It is a hint: the rows are authoritative. */
export const servicesChanged = ({ pubsub }: Pick<AppContext, 'pubsub'>): void => {
  void pubsub.publish(CHANNELS.health, '')
}

/** The status of a row at a time, and the reason if the time to live makes it DOWN. */
export function statusAt(row: Signs, at: Date): Pick<ServiceRow, 'status'> & { overdue: string | null } {
  const signs = { ...row, lastSeen: row.lastSeen.getTime() }
  const overdue = isOverdue(signs, at.getTime()) ? `not heard of for ${row.ttlSeconds} s` : null
  return { status: effectiveStatus(signs, at.getTime()), overdue }
}

type Signs = Pick<ServiceRow, 'healthUrl' | 'probedStatus' | 'reportedStatus' | 'lastSeen' | 'ttlSeconds'>
