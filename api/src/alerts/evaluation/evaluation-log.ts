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
 * One write logs at most this many groups of a rule with the same outcome individually: those with the most events. The
 * others share one row per minute, which contains their number. Outcomes that change an alert or notify
 * are always logged individually.
 */
const MAX_GROUPS = 20
const ALWAYS_LOGGED: ReadonlySet<EvaluationOutcome> = new Set(['RAISED', 'REPEATED', 'RESOLVED'])
/** The group key of the rows that have a number of groups. It is not the key of any group. */
const LEFT_OUT = 'left out'
const KEPT_HOURS = 24
/**
 * A routine evaluation with an unchanged result is still written this often, so that the log of the last 24 h contains
 * it.
 */
const ROUTINE_MS = 10 * 60_000
const MAX_REMEMBERED = 50_000

/** The number of groups left out is added up, because several processes may leave out groups of a rule. */
const WRITE = `INSERT INTO alert_evaluations AS l (rule_id, minute, group_key, outcome, at, matched, threshold, explanation, tenants, evaluations, left_out)
  SELECT e.rule_id, date_trunc('minute', e.at), e.group_key, e.outcome, e.at, e.matched, e.threshold, e.explanation, e.tenants, e.evaluations, e.left_out
  FROM json_populate_recordset(NULL::alert_evaluations, $1) AS e
  ON CONFLICT (rule_id, minute, group_key, outcome) DO UPDATE SET at = greatest(l.at, excluded.at),
    matched = CASE WHEN l.left_out IS NULL THEN excluded.matched ELSE greatest(l.matched, excluded.matched) END,
    threshold = excluded.threshold, explanation = excluded.explanation, tenants = excluded.tenants,
    evaluations = l.evaluations + excluded.evaluations, left_out = l.left_out + excluded.left_out
  WHERE l.at <= excluded.at OR l.left_out IS NOT NULL`

interface LogRow extends LoggedEvaluation {
  evaluations: number
  /** The number of groups that the row counts; null if it is about one group, or about a rule without groups. */
  leftOut: number | null
}

/**
 * Evaluations of a group with the same outcome within a minute share a row, so that the size of the log depends on time
 * and not on load.
 */
export function createEvaluationLog({ db, log }: Pick<AppContext, 'db' | 'log'>): EvaluationLog {
  let waiting = new Map<string, LogRow>()
  /** The groups that were left out in this minute, by the key of their row. */
  const leftOut = new Map<string, Set<string>>()
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
  /** One row for each rule, minute and outcome. It counts a group only once, however often the group was left out. */
  const counted = (others: readonly LogRow[]): LogRow[] => {
    const rows = new Map<string, LogRow>()
    for (const { groupKey, ...evaluation } of others) {
      const row = { ...evaluation, groupKey: LEFT_OUT, explanation: '', tenants: {}, leftOut: 0 }
      const key = keyOf(row)
      const groups = leftOut.get(key) ?? new Set()
      const before = rows.get(key)
      rows.set(key, {
        ...row,
        at: Math.max(row.at, before?.at ?? 0),
        matched: Math.max(row.matched, before?.matched ?? 0),
        evaluations: row.evaluations + (before?.evaluations ?? 0),
        leftOut: (before?.leftOut ?? 0) + (groups.has(groupKey) ? 0 : 1),
      })
      leftOut.set(key, groups.add(groupKey))
    }
    const minute = Math.max(...others.map(minuteOf))
    for (const key of leftOut.keys()) if (Number(key.split(' ', 2)[1]) < minute) leftOut.delete(key)
    return [...rows.values()]
  }
  const flush = async () => {
    clearTimeout(timer)
    timer = undefined
    const { kept, others } = mostMatched([...waiting.values()])
    waiting = new Map()
    const rows = [...kept, ...counted(others)]
    if (rows.length === 0) return
    // Sorted, so that workers that write the same rows do not deadlock.
    rows.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
    const records = rows.map(({ ruleId, groupKey, leftOut, at, ...rest }) => ({
      ...rest,
      rule_id: ruleId,
      group_key: groupKey,
      left_out: leftOut,
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
      const evaluations = (waiting.get(key)?.evaluations ?? 0) + 1
      waiting.set(key, { ...evaluation, evaluations, leftOut: null })
      timer ??= setTimeout(() => void flush(), WRITE_MS)
    },
    flush,
  }
}

const minuteOf = ({ at }: LoggedEvaluation) => Math.floor(at / 60_000)

/** Evaluations with the same key share a row. */
const keyOf = (evaluation: LoggedEvaluation) =>
  `${evaluation.ruleId} ${minuteOf(evaluation)} ${evaluation.outcome} ${evaluation.groupKey}`

/** Divides rows into those that are logged individually, and the others. */
function mostMatched(rows: readonly LogRow[]): { kept: LogRow[]; others: LogRow[] } {
  const kept = rows.filter(({ outcome }) => ALWAYS_LOGGED.has(outcome))
  const others: LogRow[] = []
  const alike = new Map<string, LogRow[]>()
  for (const row of rows) {
    if (ALWAYS_LOGGED.has(row.outcome)) continue
    const key = `${row.ruleId} ${row.outcome}`
    const group = alike.get(key) ?? []
    group.push(row)
    alike.set(key, group)
  }
  for (const group of alike.values()) {
    group.sort((a, b) => b.matched - a.matched)
    kept.push(...group.slice(0, MAX_GROUPS))
    others.push(...group.slice(MAX_GROUPS))
  }
  return { kept, others }
}

/** Deletes evaluations that are older than 24 h. */
export const forgetEvaluations = ({ db }: Pick<AppContext, 'db'>, clockShift: number): Promise<unknown> =>
  db.query(`DELETE FROM alert_evaluations WHERE at < ${databaseNow('$1')} - interval '${KEPT_HOURS} hours'`, [
    clockShift,
  ])
