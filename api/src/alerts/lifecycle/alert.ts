import type { Alert, Prisma } from '../../../../prisma/generated/client/client.ts'
import type { Identity } from '../../identity/identity.ts'

export type AlertRow = Alert

/** The alerts that an identity may see and touch: of a tenant those of its own rules alone. */
export const alertsOf = (identity: Identity): Prisma.AlertWhereInput =>
  identity.tenantId === null ? {} : { tenantId: identity.tenantId }
