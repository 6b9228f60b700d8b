import type { EvaluationOutcome } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import { databaseNow } from '../../db/database-clock.ts'

/** The result of an evaluation. */
export interface LoggedEvaluation {
  ruleId: string
  groupKey: string
  outcome: EvaluationOutcome
  /** Milliseconds since the epoch. */
  at: number
  matched: number
  threshold: number
  explanation: string
  tenants: Readonly<Record<string, number>>
}

export interface EvaluationLog {
  /**
   * Records an evaluation, which is written within WRITE_MS. A `routine` evaluation with the same result as the
   * previous one is left out: readers use the time of the last evaluation of all rules instead.
   */
  note(evaluation: LoggedEvaluation, options?: { routine: boolean }): void
  /** Writes the recorded evaluations. Never throws, because nothing depends on the log. */
  flush(): Promise<void>
}

const WRITE_MS = 500
/**
 * Maximum number of groups of a rule that one write logs. Groups with more events are preferred. Raised and resolved
 * alerts are always logged.
 */
const MAX_GROUPS = 20
const ALWAYS_LOGGED: ReadonlySet<EvaluationOutcome> = new Set(['RAISED', 'RESOLVED'])
const KEPT_HOURS = 24
/**
 * A routine evaluation with an unchanged result is still written this often, so that the log of the last 24 h contains
 * it.
 */
const ROUTINE_MS = 10 * 60_000
const MAX_REMEMBERED = 50_000

const WRITE = `INSERT INTO alert_evaluations AS l (rule_id, minute, group_key, outcome, at, matched, threshold, explanation, tenants, evaluations)
  SELECT e.rule_id, date_trunc('minute', e.at), e.group_key, e.outcome, e.at, e.matched, e.threshold, e.explanation, e.tenants, e.evaluations
  FROM json_populate_recordset(NULL::alert_evaluations, $1) AS e
  ON CONFLICT (rule_id, minute, group_key, outcome) DO UPDATE SET at = excluded.at, matched = excluded.matched,
    threshold = excluded.threshold, explanation = excluded.explanation, tenants = excluded.tenants,
    evaluations = l.evaluations + excluded.evaluations
  WHERE l.at <= excluded.at`

/**
 * Evaluations of a group with the same outcome within a minute share a row, so that the size of the log depends on time
 * and not on load.
 */
export function createEvaluationLog({ db, log }: Pick<AppContext, 'db' | 'log'>): EvaluationLog {
  let waiting = new Map<string, LoggedEvaluation & { evaluations: number }>()
  /** The last recorded evaluation of each rule and group. */
  const last = new Map<string, LoggedEvaluation>()
  let timer: NodeJS.Timeout | undefined

  const saysNothingNew = (evaluation: LoggedEvaluation) => {
    const before = last.get(`${evaluation.ruleId} ${evaluation.groupKey}`)
    return (
      before !== undefined &&
      before.outcome === evaluation.outcome &&
      before.matched === evaluation.matched &&
      before.threshold === evaluation.threshold &&
      before.explanation === evaluation.explanation &&
      evaluation.at - before.at < ROUTINE_MS
    )
  }
  const flush = async () => {
    clearTimeout(timer)
    timer = undefined
    const rows = mostMatched([...waiting.values()])
    waiting = new Map()
    if (rows.length === 0) return
    // Sorted, so that workers that write the same rows do not deadlock.
    rows.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
    const records = rows.map(({ ruleId, groupKey, at, ...rest }) => ({
      ...rest,
      rule_id: ruleId,
      group_key: groupKey,
      at: new Date(at).toISOString(),
    }))
    await db
      .query(WRITE, [JSON.stringify(records)])
      .catch((error: unknown) => log.warn({ err: error }, 'evaluations were not logged'))
  }
  return {
    note(evaluation, { routine } = { routine: false }) {
      if (routine && saysNothingNew(evaluation)) return
      if (last.size >= MAX_REMEMBERED) last.clear()
      last.set(`${evaluation.ruleId} ${evaluation.groupKey}`, evaluation)
      const key = keyOf(evaluation)
      waiting.set(key, { ...evaluation, evaluations: (waiting.get(key)?.evaluations ?? 0) + 1 })
      timer ??= setTimeout(() => void flush(), WRITE_MS)
    },
    flush,
  }
}

/** Evaluations with the same key share a row. */
const keyOf = ({ ruleId, groupKey, outcome, at }: LoggedEvaluation) =>
  `${ruleId} ${Math.floor(at / 60_000)} ${outcome} ${groupKey}`

function mostMatched<Row extends LoggedEvaluation>(rows: readonly Row[]): Row[] {
  const byRule = new Map<string, Row[]>()
  for (const row of rows) byRule.set(row.ruleId, [...(byRule.get(row.ruleId) ?? []), row])
  return [...byRule.values()].flatMap((ofRule) => {
    if (ofRule.length <= MAX_GROUPS) return ofRule
    const always = ofRule.filter(({ outcome }) => ALWAYS_LOGGED.has(outcome))
    const others = ofRule.filter(({ outcome }) => !ALWAYS_LOGGED.has(outcome))
    return [...always, ...others.toSorted((a, b) => b.matched - a.matched).slice(0, MAX_GROUPS)]
  })
}

/** Deletes evaluations that are older than 24 h. */
export const forgetEvaluations = ({ db }: Pick<AppContext, 'db'>, clockShift: number): Promise<unknown> =>
  db.query(`DELETE FROM alert_evaluations WHERE at < ${databaseNow('$1')} - interval '${KEPT_HOURS} hours'`, [
    clockShift,
  ])
