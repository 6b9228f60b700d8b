import type { PoolClient } from 'pg'
import type { HealOutcome } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import type { AttemptEnd, FollowUpResult, Trigger } from '../decide/state.ts'
import type { Evidence } from '../docker/engine.ts'
import type { Lease } from './lease.ts'

/** A new attempt. If it is held back, it ends immediately. */
export interface NewAttempt {
  id: string
  targetId: string
  container: string
  containerId: string | null
  action: 'restart' | 'start' | 'none'
  trigger: Trigger
  reason: string
  number: number
  outcome: HealOutcome | null
  message: string
}

/** Stores an attempt. If a user requested the attempt, it is already stored; this worker then marks it as accepted. */
export async function insertAttempt(client: PoolClient, attempt: NewAttempt, lease: Lease, now: Date): Promise<void> {
  const { id, targetId, container, containerId, action, trigger, reason, number, outcome, message } = attempt
  await client.query(
    `INSERT INTO heal_attempts (id, target_id, container, container_id, action, trigger, reason, number, outcome, message, token,
       started_at, finished_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, CASE WHEN $9::"HealOutcome" IS NULL THEN NULL ELSE $12::timestamptz END)
     ON CONFLICT (id) DO UPDATE SET container_id = excluded.container_id, action = excluded.action, number = excluded.number,
       token = excluded.token WHERE heal_attempts.outcome IS NULL`,
    [
      id,
      targetId,
      container,
      containerId,
      action,
      trigger,
      reason,
      number,
      outcome,
      message,
      lease.token.toString(),
      now.toISOString(),
    ],
  )
}

/** An attempt that a user requested and that no worker has accepted yet. */
export interface Request {
  id: string
  targetId: string
}

export const loadRequests = ({ db }: Pick<AppContext, 'db'>): Promise<Request[]> =>
  db.query<Request>(
    `SELECT DISTINCT ON (target_id) id, target_id AS "targetId" FROM heal_attempts WHERE outcome IS NULL AND token = 0
     ORDER BY target_id, id`,
  )

/** The facts about an attempt that has just ended. */
export interface EndedAttempt {
  attemptId: string
  number: number
  outcome: HealOutcome
  message: string
  durationMs: number | null
}

/** Ends an attempt. Null if it had already ended; then nothing changes. */
export async function endAttempt(
  client: PoolClient,
  { attemptId, outcome, message }: AttemptEnd | { attemptId: string; outcome: 'SUPPRESSED'; message: string },
  now: Date,
): Promise<EndedAttempt | null> {
  const { rows } = await client.query<{ number: number; durationMs: number | null }>(
    `UPDATE heal_attempts SET outcome = $2, message = $3, finished_at = $4,
       duration_ms = extract(epoch FROM $4::timestamptz - started_at) * 1000
     WHERE id = $1 AND outcome IS NULL RETURNING number, duration_ms AS "durationMs"`,
    [attemptId, outcome, message, now.toISOString()],
  )
  return rows[0] ? { attemptId, outcome, message, ...rows[0] } : null
}

export async function noteFollowUp(client: PoolClient, { attemptId, stillHealthy }: FollowUpResult): Promise<void> {
  await client.query('UPDATE heal_attempts SET still_healthy_after = $2 WHERE id = $1', [attemptId, stillHealthy])
}

/**
 * The last step before Docker is called: stores the evidence, and returns whether Docker may be called. False if the
 * attempt has ended meanwhile or belongs to another lease.
 */
export async function markSent(
  { db, clock }: Pick<AppContext, 'db' | 'clock'>,
  attemptId: string,
  lease: Lease,
  { exitCode, oomKilled, logTail }: Evidence,
): Promise<boolean> {
  const rows = await db.query(
    `UPDATE heal_attempts SET sent_at = $3, exit_code = $4, oom_killed = $5, log_tail = $6
     WHERE id = $1 AND token = $2 AND outcome IS NULL AND sent_at IS NULL RETURNING id`,
    [attemptId, lease.token.toString(), new Date(clock()).toISOString(), exitCode, oomKilled, logTail],
  )
  return rows.length === 1
}

/** How long attempts are kept. */
const KEPT_MS = 90 * 86_400_000
/** No attempt takes longer than this. If one has not ended by then, its target was removed. */
const ABANDONED_MS = 3_600_000

export async function pruneAttempts({ db, clock }: Pick<AppContext, 'db' | 'clock'>): Promise<void> {
  const now = clock()
  await db.query('DELETE FROM heal_attempts WHERE started_at < $1', [new Date(now - KEPT_MS).toISOString()])
  await db.query(
    `UPDATE heal_attempts SET outcome = 'FAILED', message = 'given up: its target is not watched any more', finished_at = $1
     WHERE outcome IS NULL AND started_at < $2`,
    [new Date(now).toISOString(), new Date(now - ABANDONED_MS).toISOString()],
  )
}
