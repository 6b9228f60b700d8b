import type { PoolClient } from 'pg'
import type { AppContext } from '../../app-context.ts'
import { clockShift, databaseNow } from '../../db/database-clock.ts'
import { appendTimes } from './append-times.ts'
import { type HistoryRule, matchedHistory } from './history.ts'

/**
 * A rule also counts events from before it was created or edited. A rebuild reads at most this many events, for at most
 * this time.
 */
const MAX_EVENTS = 200_000
const MAX_MS = 5_000
/** The clock of a publishing process may be ahead of the database's clock by up to this time. */
const AHEAD_MS = 86_400_000
/** Matches of a group share a row if they were received within this fraction of the window (window / MERGED_PART). */
const MERGED_PART = 1_000
/**
 * An append that was in progress while the rule changed may have used the old rule. So the matches are rebuilt once
 * more after this time, when such appends have ended.
 */
const SETTLED_MS = 5_000
const INSERT_MAX = 5_000
/** Maximum number of event ids in a row. An append has the same limit. */
const MATCHED_IDS = 20

interface RuleRow extends HistoryRule {
  id: string
  version: number
  windowSeconds: number
  threshold: number
  now: number
}

interface MatchRow {
  group_key: string
  /** Milliseconds of the database's clock. */
  at: number
  /** The position of its oldest event in the feed. */
  seq: string
  tenant_id: string
  /** Newest first. */
  event_ids: string[]
  count: number
}

/**
 * Rebuilds the matches of a rule from stored events if it is due. Replaces the matches of earlier appends, and keeps
 * their times; later appends record their own. All this is one transaction, so that an evaluation sees either the old matches or the new ones.
 */
export async function rebuildMatches(core: AppContext, ruleId: string): Promise<void> {
  const shift = clockShift(core)
  await core.db.transaction(async (client) => {
    const { rows } = await client.query<RuleRow>(
      `SELECT id, version, tenant_id AS "tenantId", event_type AS "eventType", source, event_severity AS "eventSeverity",
         group_by AS "groupBy", window_seconds AS "windowSeconds", threshold,
         round(extract(epoch FROM ${databaseNow('$2')}) * 1000)::float8 AS now
       FROM alert_rules WHERE id = $1 AND enabled AND deleted_at IS NULL
         AND (rebuild_at <= updated_at OR rebuild_at <= ${databaseNow('$2')}) FOR NO KEY UPDATE`,
      [ruleId, shift],
    )
    const [rule] = rows
    if (!rule) return
    const [newest] = (await client.query<{ seq: string | null }>('SELECT max(seq) AS seq FROM events')).rows
    const untilSeq = newest?.seq ?? '0'
    const matches = await matchesOf(client, rule, untilSeq, core.clock())
    await client.query('DELETE FROM alert_matches WHERE rule_id = $1 AND (version <> $2 OR seq <= $3)', [
      ruleId,
      rule.version,
      untilSeq,
    ])
    for (let i = 0; i < matches.length; i += INSERT_MAX) await insert(client, rule, matches.slice(i, i + INSERT_MAX))
    await client.query(
      `UPDATE alert_rules SET rebuild_at = CASE WHEN rebuild_at > updated_at THEN NULL
         ELSE updated_at + interval '${SETTLED_MS} ms' END WHERE id = $1`,
      [ruleId],
    )
  })
}

/**
 * Rebuilds the matches of rules that changed a few seconds ago, or whose rebuild was interrupted. Returns the ids of
 * these rules.
 */
export async function rebuildDue(core: AppContext): Promise<string[]> {
  const due = await core.db.query<{ id: string }>(
    `SELECT id FROM alert_rules WHERE rebuild_at <= ${databaseNow('$1')} AND enabled AND deleted_at IS NULL`,
    [clockShift(core)],
    'due_rebuilds',
  )
  for (const { id } of due) await rebuildMatches(core, id)
  return due.map(({ id }) => id)
}

async function matchesOf(client: PoolClient, rule: RuleRow, untilSeq: string, now: number): Promise<MatchRow[]> {
  const settled = await settledByHand(client, rule.id)
  const mergeMs = (rule.windowSeconds * 1_000) / MERGED_PART
  const limit = Math.max(MAX_EVENTS, 2 * rule.threshold)
  const times = await appendTimes(client, rule)
  // History is read by the times in the events' ids, which are those of the publishing processes.
  const from = rule.now - rule.windowSeconds * 1_000
  const to = rule.now + AHEAD_MS
  const range = {
    from: Math.min(from, times.ids?.from ?? from),
    to: Math.max(to, (times.ids?.to ?? to) + 1),
    order: 'desc' as const,
    untilSeq,
  }
  const read = async <Row extends object>(text: string, values?: unknown[]) =>
    (await client.query(text, values)).rows as Row[]
  const began = performance.now()
  const rows: MatchRow[] = []
  const open = new Map<string, MatchRow>()
  let events = 0
  for await (const page of matchedHistory(read, rule, range, now)) {
    for (const { id, seq, tenantId, receivedAt, groupKey } of page) {
      const at = times.of({ seq, receivedAt })
      if (at <= from || at <= (settled.get(groupKey) ?? Number.NEGATIVE_INFINITY)) continue
      const key = `${tenantId ?? ''} ${groupKey}`
      const row = open.get(key)
      if (row && Math.abs(row.at - at) < mergeMs) {
        row.count++
        row.seq = seq
        if (row.event_ids.length < MATCHED_IDS) row.event_ids.push(id)
      } else {
        const started = { group_key: groupKey, at, seq, tenant_id: tenantId ?? '', event_ids: [id], count: 1 }
        open.set(key, started)
        rows.push(started)
      }
    }
    events += page.length
    if (events >= limit || performance.now() - began > MAX_MS) break
  }
  return rows
}

/** When a user last resolved an alert of each group. Events up to that time no longer count. */
async function settledByHand(client: PoolClient, ruleId: string): Promise<Map<string, number>> {
  const { rows } = await client.query<{ groupKey: string; at: Date }>(
    `SELECT group_key AS "groupKey", max(resolved_at) AS at FROM alerts WHERE rule_id = $1 AND resolved_by_hand GROUP BY 1`,
    [ruleId],
  )
  return new Map(rows.map(({ groupKey, at }) => [groupKey, at.getTime()]))
}

const insert = (client: PoolClient, { id, version }: RuleRow, matches: readonly MatchRow[]) =>
  client.query(
    `INSERT INTO alert_matches (rule_id, version, group_key, at, seq, tenant_id, event_ids, count)
     SELECT $1, $2, m.group_key, to_timestamp(m.at / 1000.0), m.seq, m.tenant_id, m.event_ids, m.count
     FROM json_to_recordset($3) AS m(group_key text, at float8, seq bigint, tenant_id text, event_ids uuid[], count int)
     ON CONFLICT DO NOTHING`,
    [id, version, JSON.stringify(matches)],
  )
