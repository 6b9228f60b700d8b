import type { Caller } from '../audit/entry.ts'
import { auditedAct } from '../audit/record.ts'
import { DEFAULT_TENANT, writeTenant } from '../identity/tenant-scope.ts'
import { badInput } from '../kit/errors.ts'
import { createLead } from './create-lead.ts'
import type { Answered, CrmContext, LeadDraft } from './crm.ts'
import { LIMITS } from './input.ts'
import type { LeadRow } from './load.ts'

export interface ExtractLeadInput {
  text: string
  tenantId?: string | null
  save?: boolean | null
}

export interface ExtractedLead extends Pick<Answered<LeadDraft>, 'usedProvider' | 'attempts'> {
  /** Null if the lead was not saved. */
  lead: LeadRow | null
  draft: LeadDraft
}

const EXTRACTED = 'extracted'

/**
 * Extracts contact details from free text. Unless `save` is false, saves them as a lead whose notes are the text.
 * Throws BAD_USER_INPUT if neither a name nor a mail address is found for a lead to be saved, and the errors of
 * `CrmAi.extractLead`.
 */
export async function extractLead(
  context: CrmContext,
  caller: Caller,
  input: ExtractLeadInput,
): Promise<ExtractedLead> {
  if (input.text.includes('\0')) throw badInput('input.text', 'has a NUL character')
  const tenantId = writeTenant(caller.identity, input.tenantId) ?? DEFAULT_TENANT
  const { output, usedProvider, attempts } = await context.crm.ai.extractLead(input.text, {
    tenantId,
    requestId: caller.requestId,
  })
  const draft = {
    name: singleLine(output.name, LIMITS.name),
    email: singleLine(output.email, LIMITS.email),
    phone: singleLine(output.phone, LIMITS.phone),
    company: singleLine(output.company, LIMITS.company),
  }
  if (input.save === false) {
    return auditedAct(context.core, caller, 'lead.extract', {
      result: { lead: null, draft, usedProvider, attempts },
      target: null,
      tenantId,
      after: { saved: false, usedProvider },
    })
  }
  // Without a name, the mail address becomes the name of the lead.
  const name = draft.name ?? draft.email?.slice(0, LIMITS.name) ?? null
  if (name === null)
    throw badInput(
      'input.text',
      'contains neither a name nor a mail address; repeat with save: false and create the lead manually',
    )
  const fields = {
    ...draft,
    name,
    source: EXTRACTED,
    notes: input.text.slice(0, LIMITS.notes),
    tenantId: input.tenantId,
  }
  return { lead: await createLead(context, caller, fields, 'lead.extract'), draft, usedProvider, attempts }
}

/** Joins lines, because a language model may return line breaks, which no field of a lead accepts. */
const singleLine = (value: string | null, max: number): string | null =>
  value === null
    ? null
    : value
        .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
        .trim()
        .slice(0, max) || null
