import type { Caller } from '../audit/entry.ts'
import { audited } from '../audit/record.ts'
import { badInputs, type InputIssue } from '../kit/errors.ts'
import { newId, publicId, uuidOf, uuidTime } from '../kit/ids.ts'
import type { CrmContext } from './crm.ts'
import { type CreateActivityInput, checkInstant, checkTexts } from './input.ts'
import { type ActivityRow, loadLead, lockLead, shownActivity } from './load.ts'

/**
 * Adds an activity to a lead and publishes `activity.created`. Throws NOT_FOUND if the lead does not exist,
 * BAD_USER_INPUT.
 */
export async function createActivity(
  { core, crm }: CrmContext,
  caller: Caller,
  input: CreateActivityInput,
): Promise<ActivityRow> {
  const leadId = uuidOf('lead', input.leadId, 'input.leadId')
  const issues: InputIssue[] = []
  checkTexts({ body: input.body }, ['body'], ['input'], issues)
  checkInstant(input.occurredAt, ['input', 'occurredAt'], issues)
  await loadLead(core.db.prisma, caller.identity, leadId)
  if (issues.length > 0) throw badInputs(issues)

  const id = newId()
  const createdAt = new Date(uuidTime(id))
  const { activity, eventId } = await audited(core, caller, 'activity.create', async (tx) => {
    // Locks the lead, so that it is not deleted between the check and the insert.
    await lockLead(tx, leadId)
    const { tenantId } = await loadLead(tx, caller.identity, leadId)
    const { kind, body } = input
    const occurredAt = input.occurredAt ?? createdAt
    const activity = await tx.activity.create({
      data: { id, leadId, tenantId, kind, body: body.trim(), occurredAt, createdAt },
    })
    const activityId = publicId('act', id)
    const eventId = await crm.outbox.add(tx, {
      type: 'activity.created',
      tenantId,
      subject: activityId,
      correlationId: caller.requestId,
      payload: { activityId, leadId: publicId('lead', leadId), kind: kind.toLowerCase() },
    })
    const target = { type: 'activity', id: activityId }
    return { result: { activity, eventId }, target, tenantId, after: shownActivity(activity) }
  })
  crm.outbox.publish(eventId)
  return activity
}
