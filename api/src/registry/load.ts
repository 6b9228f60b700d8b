import type { AppContext } from '../app-context.ts'
import type { Identity } from '../identity/identity.ts'
import { CHANNELS } from '../kit/pubsub.ts'
import type { ServiceRow } from './announce.ts'
import { effectiveStatus, isOverdue } from './monitor/health-state.ts'

/** Services belong to the installation: an identity that is bound to a tenant sees none. */
export const seesServices = ({ tenantId }: Identity): boolean => tenantId === null

/** Tells every process that services, or what is known of them, changed. A hint: the rows are the truth. */
export const servicesChanged = ({ pubsub }: Pick<AppContext, 'pubsub'>): void => {
  void pubsub.publish(CHANNELS.health, '')
}

/** The status that a row's own signs come to at a moment, and why it is not OK where the time to live says so. */
export function statusAt(row: Signs, at: Date): Pick<ServiceRow, 'status'> & { overdue: string | null } {
  const signs = { ...row, lastSeen: row.lastSeen.getTime() }
  const overdue = isOverdue(signs, at.getTime()) ? `not heard of for ${row.ttlSeconds} s` : null
  return { status: effectiveStatus(signs, at.getTime()), overdue }
}

type Signs = Pick<ServiceRow, 'healthUrl' | 'probedStatus' | 'reportedStatus' | 'lastSeen' | 'ttlSeconds'>
