import { checkTenantExists } from '../access/tenants/check-tenant-exists.ts'
import type { Caller } from '../audit/entry.ts'
import { audited } from '../audit/record.ts'
import { DEFAULT_TENANT, writeTenant } from '../identity/tenant-scope.ts'
import { badInputs, type InputIssue } from '../kit/errors.ts'
import { newId, publicId, uuidTime } from '../kit/ids.ts'
import type { CrmContext } from './crm.ts'
import { type CreateLeadInput, checkTexts, tidy } from './input.ts'
import { type LeadRow, shownLead } from './load.ts'

/** The source that the event of a lead shows if the lead has none. */
const BY_HAND = 'manual'

/**
 * Creates a lead of the caller's tenant or of the tenant that the input names, and publishes `lead.created`. Throws
 * BAD_USER_INPUT with every problem, FORBIDDEN for another tenant.
 */
export async function createLead(
  { core, crm }: CrmContext,
  caller: Caller,
  input: CreateLeadInput,
  action = 'lead.create',
): Promise<LeadRow> {
  const { identity, requestId } = caller
  const tenantId = writeTenant(identity, input.tenantId) ?? DEFAULT_TENANT
  const issues: InputIssue[] = []
  checkTexts(input, ['name'], ['input'], issues)
  await checkTenantExists(core, identity, tenantId, ['input', 'tenantId'], issues)
  if (issues.length > 0) throw badInputs(issues)

  const id = newId()
  const createdAt = new Date(uuidTime(id))
  const { lead, eventId } = await audited(core, caller, action, async (tx) => {
    const lead = await tx.lead.create({
      data: {
        id,
        tenantId,
        name: input.name.trim(),
        email: tidy(input.email) ?? null,
        phone: tidy(input.phone) ?? null,
        company: tidy(input.company) ?? null,
        status: input.status ?? 'NEW',
        source: tidy(input.source) ?? null,
        notes: tidy(input.notes) ?? null,
        createdAt,
        updatedAt: createdAt,
      },
    })
    const leadId = publicId('lead', id)
    const eventId = await crm.outbox.add(tx, {
      type: 'lead.created',
      tenantId,
      subject: leadId,
      correlationId: requestId,
      payload: { leadId, name: lead.name, company: lead.company, origin: lead.source ?? BY_HAND },
    })
    return { result: { lead, eventId }, target: { type: 'lead', id: leadId }, tenantId, after: shownLead(lead) }
  })
  crm.outbox.publish(eventId)
  return lead
}
