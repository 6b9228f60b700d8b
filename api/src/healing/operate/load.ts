import type { HealAttempt, HealTarget } from '../../../../prisma/generated/client/client.ts'
import type { AppContext } from '../../app-context.ts'
import type { Identity } from '../../identity/identity.ts'
import { notFound } from '../../kit/errors.ts'
import { publicId } from '../../kit/ids.ts'

export type TargetRow = HealTarget
export type AttemptRow = HealAttempt

/** Healing is the installation's: an identity that is bound to a tenant sees nothing of it. */
export const seesHealing = ({ tenantId }: Identity): boolean => tenantId === null

/** A target by its UUID. Throws NOT_FOUND. */
export async function loadTarget(core: AppContext, id: string): Promise<TargetRow> {
  const row = await core.db.prisma.healTarget.findUnique({ where: { id } })
  if (!row) throw notFound('heal target', publicId('tgt', id))
  return row
}

/** The fields of a target in the audit trail. */
export const shown = ({
  container,
  state,
  maintenanceUntil,
}: Pick<TargetRow, 'container' | 'state' | 'maintenanceUntil'>) => ({
  container,
  state,
  maintenanceUntil,
})
