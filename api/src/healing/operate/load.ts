import type { HealAttempt, HealTarget } from '../../../../prisma/generated/client/client.ts'
import type { AppContext } from '../../app-context.ts'
import type { Identity } from '../../identity/identity.ts'
import { notFound } from '../../kit/errors.ts'
import { publicId } from '../../kit/ids.ts'

export type TargetRow = HealTarget
export type AttemptRow = HealAttempt

/** Whether an identity may see healing. Targets belong to the installation, so a bound identity sees none. */
export const seesHealing = ({ tenantId }: Identity): boolean => tenantId === null

/** A target by its UUID. Throws NOT_FOUND. */
export async function loadTarget(core: AppContext, id: string): Promise<TargetRow> {
  const row = await core.db.prisma.healTarget.findUnique({ where: { id } })
  if (!row) throw notFound('heal target', publicId('tgt', id))
  return row
}

/** The fields of a target that the audit trail shows. */
export const shown = ({
  container,
  state,
  maintenanceUntil,
}: Pick<TargetRow, 'container' | 'state' | 'maintenanceUntil'>) => ({
  container,
  state,
  maintenanceUntil,
})
