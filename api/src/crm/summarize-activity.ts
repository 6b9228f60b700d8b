import type { Caller } from '../audit/entry.ts'
import { audited } from '../audit/record.ts'
import { publicId } from '../kit/ids.ts'
import type { Answered, CrmContext } from './crm.ts'
import { type ActivityRow, loadActivity, shownActivity } from './load.ts'

export interface SummarizedActivity extends Pick<Answered<unknown>, 'usedProvider' | 'attempts'> {
  activity: ActivityRow
}

/**
 * Lets an AI provider summarise an activity. Stores the summary and the provider's name in place of earlier ones, and
 * publishes `ai.summary.created`. Throws NOT_FOUND, also if the activity was deleted meanwhile, and the errors of
 * `CrmAi.summarizeActivity`.
 */
export async function summarizeActivity(
  { core, crm }: CrmContext,
  caller: Caller,
  id: string,
): Promise<SummarizedActivity> {
  const { tenantId, body, kind } = await loadActivity(core.db.prisma, caller.identity, id)
  // The provider may take seconds, so no transaction is open during the call.
  const answer = await crm.ai.summarizeActivity({ text: body, kind }, { tenantId, requestId: caller.requestId })
  const { output, usedProvider, attempts } = answer
  const { activity, eventId } = await audited(core, caller, 'activity.summarize', async (tx) => {
    await tx.$queryRaw`SELECT id FROM activities WHERE id = ${id}::uuid FOR NO KEY UPDATE`
    const before = await loadActivity(tx, caller.identity, id)
    const activity = await tx.activity.update({
      where: { id },
      data: { summary: output.summary, summarizedBy: usedProvider },
    })
    const activityId = publicId('act', id)
    const eventId = await crm.outbox.add(tx, {
      type: 'ai.summary.created',
      tenantId,
      subject: activityId,
      correlationId: caller.requestId,
      payload: {
        summary: output.summary,
        activityId,
        leadId: publicId('lead', activity.leadId),
        provider: usedProvider,
      },
    })
    return {
      result: { activity, eventId },
      target: { type: 'activity', id: activityId },
      tenantId,
      before: shownActivity(before),
      after: shownActivity(activity),
    }
  })
  crm.outbox.publish(eventId)
  return { activity, usedProvider, attempts }
}
