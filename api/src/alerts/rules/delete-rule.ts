import type { AppContext } from '../../app-context.ts'
import type { Caller } from '../../audit/entry.ts'
import { audited } from '../../audit/record.ts'
import { notFound } from '../../kit/errors.ts'
import { publicId } from '../../kit/ids.ts'
import { CHANNELS, publishIds } from '../../kit/pubsub.ts'
import { databaseTime, lockRules, resolveOpenAlerts } from '../lifecycle/resolve-open.ts'
import { ruleSnapshot, rulesOf } from './rule.ts'

/** Deletes a rule and resolves its open alerts. Past alerts still show the rule. Throws NOT_FOUND. */
export async function deleteRule(core: AppContext, caller: Caller, id: string): Promise<void> {
  const transitionIds = await audited(core, caller, 'alertRule.delete', async (tx) => {
    await lockRules(tx, [id])
    const before = await tx.alertRule.findFirst({ where: { AND: [{ id }, rulesOf(caller.identity)] } })
    if (!before) throw notFound('alert rule', publicId('rul', id))
    const note = 'The rule was deleted.'
    const resolved = await resolveOpenAlerts(core, tx, id, { note, actor: caller.identity })
    const now = await databaseTime(core, tx)
    await tx.alertRule.update({ where: { id }, data: { deletedAt: now, enabled: false, updatedAt: now } })
    return {
      result: resolved,
      target: { type: 'alertRule', id: publicId('rul', id) },
      tenantId: before.tenantId,
      before: ruleSnapshot(before),
    }
  })
  core.pubsub.publish(CHANNELS.alertRules, id)
  publishIds(core.pubsub, CHANNELS.alerts, transitionIds)
}
