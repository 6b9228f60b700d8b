import type { AppContext } from '../../app-context.ts'
import type { Caller } from '../../audit/entry.ts'
import { createRule } from '../rules/create-rule.ts'
import type { AlertRuleRow } from '../rules/rule.ts'
import { loadTemplate } from './template.ts'

/** Values for the new rule, which replace those of the template. Null counts as absent. */
export interface MaterializeInput {
  tenantId?: string | null
  name?: string | null
  threshold?: number | null
  windowSeconds?: number | null
  webhookIds?: readonly string[] | null
}

/** Creates a rule from a template. Throws NOT_FOUND, and the errors of createRule. */
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
