import type { PoolClient } from 'pg'
import type { ActorKind, AlertChange, AlertStatus } from '../../../../prisma/generated/client/enums.ts'

/** A new entry in the timeline of an alert. Times are milliseconds of the database's clock. */
export interface NewTransition {
  id: string
  alertId: string
  ruleId: string
  at: number
  change: AlertChange
  status: AlertStatus
  /** The user who made the change; null if an evaluation made it. */
  actor: { kind: ActorKind; id: string; name: string | null } | null
  note: string | null
  matched: number
  notify: boolean
  /** When the event of this entry is to be published; null if the entry has no event. */
  dueAt: number | null
}

const timestamp = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString())

export async function insertTransitions(client: PoolClient, transitions: readonly NewTransition[]): Promise<void> {
  if (transitions.length === 0) return
  const rows = transitions.map(({ alertId, ruleId, at, actor, dueAt, ...rest }) => ({
    ...rest,
    alert_id: alertId,
    rule_id: ruleId,
    at: timestamp(at),
    due_at: timestamp(dueAt),
    actor_kind: actor?.kind ?? null,
    actor_id: actor?.id ?? null,
    actor_name: actor?.name ?? null,
  }))
  await client.query({
    name: 'insert_alert_transitions',
    text: 'INSERT INTO alert_transitions SELECT * FROM json_populate_recordset(NULL::alert_transitions, $1)',
    values: [JSON.stringify(rows)],
  })
}
