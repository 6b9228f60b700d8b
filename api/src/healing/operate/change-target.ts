import type { AppContext } from '../../app-context.ts'
import type { Caller } from '../../audit/entry.ts'
import { auditedSql } from '../../audit/record.ts'
import { installationOnly } from '../../identity/tenant-scope.ts'
import { notFound } from '../../kit/errors.ts'
import { publicId } from '../../kit/ids.ts'
import { CHANNELS } from '../../kit/pubsub.ts'
import type { TargetState } from '../decide/state.ts'
import { changeMemory } from '../targets/store.ts'
import { loadTarget, type TargetRow } from './load.ts'

/**
 * Changes what is stored about a target on behalf of a user, and requests a check. Throws the errors of `change`,
 * NOT_FOUND, and FORBIDDEN for an identity that is bound to a tenant.
 */
export async function changeTarget(
  core: AppContext,
  caller: Caller,
  id: string,
  action: string,
  change: (state: TargetState) => TargetState,
): Promise<TargetRow> {
  installationOnly(caller.identity, 'heal targets')
  await auditedSql(core, caller, action, async (client) => {
    const changed = await changeMemory(client, id, ({ state, run }) => ({ state: change(state), run }))
    if (!changed) throw notFound('heal target', publicId('tgt', id))
    const { before, after, container } = changed
    const shown = ({ state, maintenanceUntil }: TargetState) => {
      return {
        container,
        state,
        maintenanceUntil: maintenanceUntil === null ? null : new Date(maintenanceUntil).toISOString(),
      }
    }
    const target = { type: 'healTarget', id: publicId('tgt', id) }
    return { result: undefined, target, tenantId: null, before: shown(before.state), after: shown(after.state) }
  })
  core.pubsub.publish(CHANNELS.health, '')
  core.pubsub.publish(CHANNELS.healRequests, id)
  return loadTarget(core, id)
}
