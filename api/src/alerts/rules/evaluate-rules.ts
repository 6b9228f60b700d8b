import type { AppContext } from '../../app-context.ts'
import type { Caller } from '../../audit/entry.ts'
import { auditedAct } from '../../audit/record.ts'
import type { Alerting } from '../alerting.ts'

/**
 * Evaluates all enabled rules that an identity may see. After an error the rest is still evaluated; then the first
 * error is thrown.
 */
export async function evaluateRules(
  core: AppContext,
  caller: Caller,
  alerting: Alerting,
): Promise<{ evaluated: number; raised: number; resolved: number }> {
  const { tenantId } = caller.identity
  const { rules: evaluated, raised, resolved } = await alerting.evaluate({ tenantId })
  await alerting.evaluator.log.flush()
  const result = { evaluated, raised, resolved }
  return auditedAct(core, caller, 'alertRule.evaluate', {
    result,
    target: { type: 'alertRule', id: 'all' },
    tenantId,
    after: result,
  })
}
