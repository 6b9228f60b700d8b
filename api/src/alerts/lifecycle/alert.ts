import type { Alert, Prisma } from '../../../../prisma/generated/client/client.ts'
import type { Identity } from '../../identity/identity.ts'

export type AlertRow = Alert

/** The alerts that an identity may read and change: for a bound identity those of its tenant's rules, else all. */
export const alertsOf = (identity: Identity): Prisma.AlertWhereInput =>
  identity.tenantId === null ? {} : { tenantId: identity.tenantId }
