import type { AppContext } from '../../app-context.ts'
import type { Caller } from '../../audit/entry.ts'
import { createRule } from '../rules/create-rule.ts'
import type { AlertRuleRow } from '../rules/rule.ts'
import { loadTemplate } from './template.ts'

/** What a rule is to have otherwise than its template says. Null counts as left out. */
export interface MaterializeInput {
  tenantId?: string | null
  name?: string | null
  threshold?: number | null
  windowSeconds?: number | null
  webhookIds?: readonly string[] | null
}

/** Makes a rule of a template. Throws NOT_FOUND, and what creating a rule throws. */
export async function materializeTemplate(
  core: AppContext,
  caller: Caller,
  id: string,
  input: MaterializeInput | null | undefined,
): Promise<AlertRuleRow> {
  const { rule, tenantId } = await loadTemplate(core, caller.identity, id)
  return createRule(
    core,
    caller,
    {
      ...rule,
      tenantId: input?.tenantId ?? tenantId,
      name: input?.name ?? rule.name,
      threshold: input?.threshold ?? rule.threshold,
      windowSeconds: input?.windowSeconds ?? rule.windowSeconds,
      webhookIds: input?.webhookIds,
    },
    { id },
  )
}
