import type { AppContext } from '../../app-context.ts'
import { clockShift, databaseNow } from '../../db/database-clock.ts'
import type { EvaluationCounts, Evaluator } from './evaluator.ts'
import type { RuleGroup } from './hand-off.ts'
import { duration } from './words.ts'

/**
 * Maximum number of groups of a rule that are evaluated periodically. Further groups are evaluated only when an event
 * matches.
 */
const MAX_GROUPS = 5_000
/** Number of groups that one statement observes. */
const CHUNK = 500

/**
 * All groups to evaluate. A rule without `groupBy` has one group. Other rules have each group that has matches within
 * the window or an open alert. The recursion finds the groups with one index look-up each, however many events a group
 * has.
 */
const GROUPS = `WITH RECURSIVE rules AS (
    SELECT id, version, window_seconds, cardinality(group_by) = 0 AS single FROM alert_rules
    WHERE enabled AND deleted_at IS NULL AND ($1::text IS NULL OR tenant_id = $1) AND ($3::uuid IS NULL OR id = $3)
  ), step AS (
    SELECT r.id, r.version, r.window_seconds, 1 AS n, (SELECT min(m.group_key) FROM alert_matches m
      WHERE m.rule_id = r.id AND m.version = r.version) AS group_key
    FROM rules r WHERE NOT r.single
    UNION ALL
    SELECT s.id, s.version, s.window_seconds, s.n + 1, (SELECT min(m.group_key) FROM alert_matches m
      WHERE m.rule_id = s.id AND m.version = s.version AND m.group_key > s.group_key)
    FROM step s WHERE s.group_key IS NOT NULL AND s.n < ${MAX_GROUPS}
  )
  SELECT id AS "ruleId", '[]' AS "groupKey" FROM rules WHERE single
  UNION
  SELECT s.id, s.group_key FROM step s WHERE s.group_key IS NOT NULL
    AND EXISTS (SELECT 1 FROM alert_matches m WHERE m.rule_id = s.id AND m.version = s.version AND m.group_key = s.group_key
      AND m.at > ${databaseNow('$2')} - make_interval(secs => s.window_seconds))
  UNION
  SELECT a.rule_id, a.group_key FROM alerts a JOIN rules r ON r.id = a.rule_id WHERE a.status <> 'RESOLVED'
  ORDER BY 1`

interface EnabledRule {
  id: string
  threshold: number
  windowSeconds: number
  now: number
}

const RULES = `SELECT id, threshold, window_seconds AS "windowSeconds", round(extract(epoch FROM ${databaseNow('$2')}) * 1000)::float8 AS now
  FROM alert_rules WHERE enabled AND deleted_at IS NULL AND ($1::text IS NULL OR tenant_id = $1) AND ($3::uuid IS NULL OR id = $3)`

/** The rules to evaluate: one rule, those of a tenant, or all. */
export interface RuleScope {
  ruleId?: string
  tenantId?: string | null
}

/**
 * Evaluates every enabled rule of a scope. This repeats and resolves alerts, and finds matches whose hand-over to the
 * workers was lost. `rules` is the number of enabled rules in the scope. After an error the rest is still evaluated;
 * then the first error is thrown.
 */
export async function evaluateAll(
  core: AppContext,
  evaluator: Evaluator,
  { ruleId, tenantId }: RuleScope,
): Promise<EvaluationCounts & { rules: number }> {
  const values = [tenantId ?? null, clockShift(core), ruleId ?? null]
  const groups = await core.db.query<RuleGroup>(GROUPS, values)
  const counts = { raised: 0, resolved: 0 }
  const errors: unknown[] = []
  for (let i = 0; i < groups.length; i += CHUNK) {
    try {
      const { raised, resolved } = await evaluator.evaluate(groups.slice(i, i + CHUNK), { routine: true })
      counts.raised += raised
      counts.resolved += resolved
    } catch (error) {
      errors.push(error)
    }
  }
  if (errors.length > 0) throw errors[0]
  const rules = await core.db.query<EnabledRule>(RULES, values)
  noteWithoutGroups(evaluator, rules, groups)
  return { ...counts, rules: rules.length }
}

/** A rule with groups has no group to evaluate while no event matches. This is written to the evaluation log. */
function noteWithoutGroups({ log }: Evaluator, rules: readonly EnabledRule[], groups: readonly RuleGroup[]): void {
  const evaluated = new Set(groups.map(({ ruleId }) => ruleId))
  for (const { id, threshold, windowSeconds, now } of rules) {
    if (evaluated.has(id)) continue
    const explanation = `No event matched within ${duration(windowSeconds)}, in any group; the threshold is ${threshold}.`
    const quiet = { ruleId: id, groupKey: '', outcome: 'BELOW_THRESHOLD' as const, at: now, matched: 0, tenants: {} }
    log.note({ ...quiet, threshold, explanation }, { routine: true })
  }
}
