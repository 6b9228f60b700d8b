import type { AppContext } from '../app-context.ts'
import type { Caller } from '../audit/entry.ts'
import { audited } from '../audit/record.ts'
import { publicId } from '../kit/ids.ts'
import { loadActivity, shownActivity } from './load.ts'

/** Deletes an activity permanently. Throws NOT_FOUND. */
export async function deleteActivity(core: AppContext, caller: Caller, id: string): Promise<void> {
  await audited(core, caller, 'activity.delete', async (tx) => {
    await tx.$queryRaw`SELECT id FROM activities WHERE id = ${id}::uuid FOR UPDATE`
    const activity = await loadActivity(tx, caller.identity, id)
    await tx.activity.delete({ where: { id } })
    return {
      result: undefined,
      target: { type: 'activity', id: publicId('act', id) },
      tenantId: activity.tenantId,
      before: shownActivity(activity),
    }
  })
}
