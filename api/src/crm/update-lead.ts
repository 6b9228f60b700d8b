import type { Caller } from '../audit/entry.ts'
import { audited } from '../audit/record.ts'
import { badInputs, type InputIssue } from '../kit/errors.ts'
import { publicId } from '../kit/ids.ts'
import type { CrmContext } from './crm.ts'
import { checkTexts, type LeadFields, tidy } from './input.ts'
import { type LeadRow, loadLead, lockLead, shownLead } from './load.ts'

interface Updated {
  lead: LeadRow
  /** Null if nothing changed. */
  eventId: string | null
}

const FIELDS = ['name', 'email', 'phone', 'company', 'status', 'source', 'notes'] as const

/**
 * Changes the given fields of a lead; null empties a field. If something changed, publishes `lead.updated` with the
 * names of the changed fields. Throws NOT_FOUND, BAD_USER_INPUT with every problem.
 */
export async function updateLead(
  { core, crm }: CrmContext,
  caller: Caller,
  id: string,
  input: LeadFields,
): Promise<LeadRow> {
  const issues: InputIssue[] = []
  checkTexts(input, ['name'], ['input'], issues)
  if (input.status === null)
    issues.push({ path: ['input', 'status'], message: 'cannot be null; omit it to keep the present value' })
  // If the lead does not exist, that is reported, and not the problems of the input.
  await loadLead(core.db.prisma, caller.identity, id)
  if (issues.length > 0) throw badInputs(issues)

  const { lead, eventId } = await audited<Updated>(core, caller, 'lead.update', async (tx) => {
    await lockLead(tx, id)
    const before = await loadLead(tx, caller.identity, id)
    const wanted = {
      name: input.name?.trim(),
      email: tidy(input.email),
      phone: tidy(input.phone),
      company: tidy(input.company),
      status: input.status ?? undefined,
      source: tidy(input.source),
      notes: tidy(input.notes),
    }
    const changed = FIELDS.filter((field) => wanted[field] !== undefined && wanted[field] !== before[field])
    const leadId = publicId('lead', id)
    const target = { type: 'lead', id: leadId }
    const { tenantId } = before
    if (changed.length === 0) {
      const shown = shownLead(before)
      return { result: { lead: before, eventId: null }, target, tenantId, before: shown, after: shown }
    }
    const lead = await tx.lead.update({ where: { id }, data: { ...wanted, updatedAt: new Date(core.clock()) } })
    const eventId = await crm.outbox.add(tx, {
      type: 'lead.updated',
      tenantId,
      subject: leadId,
      correlationId: caller.requestId,
      payload: { leadId, changed, status: lead.status.toLowerCase() },
    })
    return { result: { lead, eventId }, target, tenantId, before: shownLead(before), after: shownLead(lead) }
  })
  if (eventId !== null) crm.outbox.publish(eventId)
  return lead
}
