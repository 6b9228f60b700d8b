import type { EvaluationOutcome } from '../../../../prisma/generated/client/enums.ts'
import { byId, createLoader } from '../../graphql/loader.ts'
import { withinTenant } from '../../identity/tenant-scope.ts'
import { explainLeftOut } from '../evaluation/explain.ts'
import { groupOf } from '../matching/group-key.ts'
import { type AlertRuleRow, rulesOf } from './rule.ts'

/** Rules that the identity may see, without deleted ones. */
export const ruleLoader = createLoader<AlertRuleRow>(async (ids, { core, identity }) =>
  byId(await core.db.prisma.alertRule.findMany({ where: { AND: [{ id: { in: [...ids] } }, rulesOf(identity)] } })),
)

/** Rules that the identity may see, including deleted ones, for past alerts. */
export const anyRuleLoader = createLoader<AlertRuleRow>(async (ids, { core, identity }) =>
  byId(
    await core.db.prisma.alertRule.findMany({
      where: { id: { in: [...ids] }, ...withinTenant(identity) },
    }),
  ),
)

/** An evaluation as the API shows it. */
export interface EvaluationShape {
  at: Date
  matched: number
  threshold: number
  outcome: EvaluationOutcome
  explanation: string
  group: Record<string, string | null>
  tenants: Record<string, number>
  evaluations: number
  leftOut: number | null
}

interface EvaluationRow extends Omit<EvaluationShape, 'group'> {
  ruleId: string
  groupKey: string
  groupBy: string[]
}

/** Number of a rule's newest evaluations from which `lastEvaluationLoader` chooses. */
const LATEST = 50
/** Evaluations of a rule's groups belong to the same round if they are at most this far apart. */
const ROUND_MS = 1_000
/**
 * Outcomes that the periodic evaluation does not log again while they do not change. Their time is that of the latest
 * round.
 */
const LASTING: ReadonlySet<EvaluationOutcome> = new Set(['BELOW_THRESHOLD', 'STILL_FIRING', 'SILENCED'])

const COLUMNS = `e.rule_id AS "ruleId", e.at, e.matched, e.threshold, e.outcome, e.explanation, e.group_key AS "groupKey", e.tenants, e.evaluations,
  e.left_out AS "leftOut", r.group_by AS "groupBy"`

/**
 * The newest evaluation of each rule. If the newest round evaluated several groups, the one with the most events in
 * relation to the threshold.
 */
export const lastEvaluationLoader = createLoader<EvaluationShape>(async (ruleIds, { core }) => {
  const [rows, [progress]] = await Promise.all([
    core.db.query<EvaluationRow & { enabled: boolean; updatedAt: Date }>(
      `SELECT ${COLUMNS}, r.enabled, r.updated_at AS "updatedAt" FROM alert_rules r
       CROSS JOIN LATERAL (SELECT * FROM alert_evaluations e WHERE e.rule_id = r.id AND e.left_out IS NULL ORDER BY e.at DESC LIMIT ${LATEST}) AS e
       WHERE r.id = ANY ($1::uuid[]) ORDER BY r.id, e.at DESC`,
      [ruleIds],
    ),
    core.db.query<{ at: Date }>(`SELECT at FROM alert_progress WHERE name = 'evaluation'`),
  ])
  const latest = new Map<string, (typeof rows)[number]>()
  const newest = new Map<string, number>()
  for (const row of rows) {
    const best = latest.get(row.ruleId)
    const at = row.at.getTime()
    if (!best) newest.set(row.ruleId, at)
    const isOfRound = at > (newest.get(row.ruleId) ?? at) - ROUND_MS
    if (!best || (isOfRound && row.matched / row.threshold > best.matched / best.threshold)) latest.set(row.ruleId, row)
  }
  return new Map(
    [...latest].map(([ruleId, row]) => {
      const { enabled, updatedAt, outcome, at } = row
      const since = progress && enabled && LASTING.has(outcome) && progress.at > updatedAt ? progress.at : at
      return [ruleId, shapeOf({ ...row, at: since > at ? since : at })]
    }),
  )
})

/** A total order, so that no evaluation is left out between two pages. */
const NEWEST_FIRST = 'e.at DESC, e.group_key, e.outcome'

/** A page of the evaluations of each rule, newest first, by "rule/first/skip". They are kept for 24 h. */
export const evaluationsLoader = createLoader<EvaluationShape[]>(async (keys, { core }) => {
  const asked = keys.map((key) => key.split('/') as [ruleId: string, first: string, skip: string])
  const rows = await core.db.query<EvaluationRow & { key: string }>(
    `SELECT k.id || '/' || k.first || '/' || k.skip AS key, ${COLUMNS} FROM unnest($1::uuid[], $2::int[], $3::int[]) AS k(id, first, skip)
     JOIN alert_rules r ON r.id = k.id
     CROSS JOIN LATERAL (SELECT * FROM alert_evaluations e WHERE e.rule_id = k.id ORDER BY ${NEWEST_FIRST} OFFSET k.skip LIMIT k.first) AS e
     ORDER BY ${NEWEST_FIRST}`,
    [asked.map(([ruleId]) => ruleId), asked.map(([, first]) => Number(first)), asked.map(([, , skip]) => Number(skip))],
  )
  const evaluationsByKey = new Map<string, EvaluationShape[]>()
  for (const { key, ...row } of rows) evaluationsByKey.set(key, [...(evaluationsByKey.get(key) ?? []), shapeOf(row)])
  return evaluationsByKey
})

const shapeOf = ({ ruleId: _ruleId, groupKey, groupBy, ...row }: EvaluationRow): EvaluationShape => {
  if (row.leftOut === null) return { ...row, group: groupKey === '' ? {} : groupOf(groupBy, groupKey) }
  return { ...row, group: {}, explanation: explainLeftOut(row.outcome, row.leftOut, row.matched, row.threshold) }
}
