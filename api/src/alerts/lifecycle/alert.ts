import type { Alert, Prisma } from '../../../../prisma/generated/client/client.ts'
import type { Identity } from '../../identity/identity.ts'

export type AlertRow = Alert

/** The alerts that an identity may read and change: those of its tenant's own rules if it has a tenant. */
export const alertsOf = (identity: Identity): Prisma.AlertWhereInput =>
  identity.tenantId === null ? {} : { tenantId: identity.tenantId }
