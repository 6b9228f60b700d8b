import type { AppContext } from '../../app-context.ts'
import { clockShift, databaseNow } from '../../db/database-clock.ts'
import { NO_GROUP } from '../matching/group-key.ts'
import type { EvaluationCounts, Evaluator } from './evaluator.ts'
import type { RuleGroup } from './hand-off.ts'
import { duration } from './words.ts'

/** Number of groups that one statement observes. */
const CHUNK = 500
/** Maximum number of groups that one statement finds by their matches. The rules that it reads share them. */
const PAGE = 5_000
/** Maximum number of rules whose groups one statement reads. */
const RULES_PER_PAGE = 50

/**
 * The next groups of each of these rules: groups that have matches within the window or an open alert, in the order of
 * their keys. The recursion finds at most `$3` keys after `after` with one index look-up each, however many events a
 * group has. `last` is the last of these keys if there may be further ones, otherwise null.
 */
const GROUPS = `WITH RECURSIVE page AS MATERIALIZED (
    SELECT r.id, r.version, r.window_seconds, k.after FROM unnest($1::uuid[], $2::text[]) AS k(id, after)
    JOIN alert_rules r ON r.id = k.id AND r.enabled AND r.deleted_at IS NULL
  ), step AS (
    SELECT p.id, p.version, p.window_seconds, 1 AS n, (SELECT min(m.group_key) FROM alert_matches m
      WHERE m.rule_id = p.id AND m.version = p.version AND m.group_key > p.after) AS group_key
    FROM page p
    UNION ALL
    SELECT s.id, s.version, s.window_seconds, s.n + 1, (SELECT min(m.group_key) FROM alert_matches m
      WHERE m.rule_id = s.id AND m.version = s.version AND m.group_key > s.group_key)
    FROM step s WHERE s.group_key IS NOT NULL AND s.n < $3
  ), ends AS (
    SELECT p.id, p.after, s.group_key AS last FROM page p LEFT JOIN step s ON s.id = p.id AND s.n = $3
  ), found AS (
    SELECT s.id, s.group_key FROM step s WHERE s.group_key IS NOT NULL
      AND EXISTS (SELECT 1 FROM alert_matches m WHERE m.rule_id = s.id AND m.version = s.version AND m.group_key = s.group_key
        AND m.at > ${databaseNow('$4')} - make_interval(secs => s.window_seconds))
    UNION
    SELECT e.id, a.group_key FROM ends e JOIN alerts a ON a.rule_id = e.id AND a.status <> 'RESOLVED'
      AND a.group_key > e.after AND (e.last IS NULL OR a.group_key <= e.last)
  )
  SELECT e.id AS "ruleId", e.last, coalesce(array_agg(f.group_key) FILTER (WHERE f.group_key IS NOT NULL), '{}') AS "groupKeys"
  FROM ends e LEFT JOIN found f ON f.id = e.id GROUP BY 1, 2`

interface GroupPage {
  ruleId: string
  last: string | null
  groupKeys: string[]
}

interface EnabledRule {
  id: string
  /** Whether the rule has no `groupBy`, and therefore one group. */
  single: boolean
  threshold: number
  windowSeconds: number
  now: number
}

const RULES = `SELECT id, cardinality(group_by) = 0 AS single, threshold, window_seconds AS "windowSeconds",
    round(extract(epoch FROM ${databaseNow('$2')}) * 1000)::float8 AS now
  FROM alert_rules WHERE enabled AND deleted_at IS NULL AND ($1::text IS NULL OR tenant_id = $1) AND ($3::uuid IS NULL OR id = $3)`

/** The rules to evaluate: one rule, those of a tenant, or all. */
export interface RuleScope {
  ruleId?: string
  tenantId?: string | null
}

/**
 * Evaluates every enabled rule of a scope, with all of its groups. This repeats and resolves alerts, and finds matches
 * whose hand-over to the workers was lost. `rules` is the number of enabled rules in the scope. After an error the rest
 * is still evaluated; then the first error is thrown.
 */
export async function evaluateAll(
  core: AppContext,
  evaluator: Evaluator,
  { ruleId, tenantId }: RuleScope,
): Promise<EvaluationCounts & { rules: number }> {
  const rules = await core.db.query<EnabledRule>(RULES, [tenantId ?? null, clockShift(core), ruleId ?? null])
  const counts = { raised: 0, resolved: 0 }
  const errors: unknown[] = []
  const withGroups = new Set<string>()
  for await (const groups of groupsOf(core, rules)) {
    for (const group of groups) withGroups.add(group.ruleId)
    for (let i = 0; i < groups.length; i += CHUNK) {
      try {
        const { raised, resolved } = await evaluator.evaluate(groups.slice(i, i + CHUNK), { routine: true })
        counts.raised += raised
        counts.resolved += resolved
      } catch (error) {
        errors.push(error)
      }
    }
  }
  if (errors.length > 0) throw errors[0]
  noteWithoutGroups(
    evaluator,
    rules.filter(({ id }) => !withGroups.has(id)),
  )
  return { ...counts, rules: rules.length }
}

/** All groups to evaluate, page by page, so that memory does not grow with their number. */
async function* groupsOf(core: AppContext, rules: readonly EnabledRule[]): AsyncGenerator<RuleGroup[]> {
  yield rules.filter(({ single }) => single).map(({ id }) => ({ ruleId: id, groupKey: NO_GROUP }))
  const waiting = rules.filter(({ single }) => !single).map(({ id }) => ({ ruleId: id, after: '' }))
  while (waiting.length > 0) {
    const asked = waiting.splice(0, RULES_PER_PAGE)
    const pages = await core.db.query<GroupPage>(GROUPS, [
      asked.map(({ ruleId }) => ruleId),
      asked.map(({ after }) => after),
      Math.floor(PAGE / asked.length),
      clockShift(core),
    ])
    yield pages.flatMap(({ ruleId, groupKeys }) => groupKeys.map((groupKey) => ({ ruleId, groupKey })))
    for (const { ruleId, last } of pages) if (last !== null) waiting.push({ ruleId, after: last })
  }
}

/** A rule with groups has no group to evaluate while no event matches. This is written to the evaluation log. */
function noteWithoutGroups({ log }: Evaluator, rules: readonly EnabledRule[]): void {
  for (const { id, threshold, windowSeconds, now } of rules) {
    const explanation = `No event matched within ${duration(windowSeconds)}, in any group; the threshold is ${threshold}.`
    const quiet = { ruleId: id, groupKey: '', outcome: 'BELOW_THRESHOLD' as const, at: now, matched: 0, tenants: {} }
    log.note({ ...quiet, threshold, explanation }, { routine: true })
  }
}
