import type { HoldReason } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import { type Batcher, createBatcher } from '../../kit/async/batch.ts'
import { inOrder, type Ticket } from './claim.ts'

/** A position in a webhook's backlog. A backlog is sorted by the time of the next attempt, then by id. */
export interface BacklogPosition {
  at: string
  id: string
}

export interface BacklogRequest {
  webhookId: string
  /** Null: start at the oldest delivery. */
  after: BacklogPosition | null
  limit: number
}

export interface BacklogPage {
  tickets: Ticket[]
  /** The position after which the next page starts; null on the last page. */
  next: BacklogPosition | null
}

const BEGINNING: BacklogPosition = { at: '-infinity', id: '00000000-0000-0000-0000-000000000000' }
/** Maximum number of tickets that one statement reads, for all lanes together. */
const MAX_TICKETS = 4_000

interface Row {
  webhook_id: string
  id: string
  attempt_count: number
  next_attempt_at: Date
}

/**
 * Reads the due deliveries of a webhook that have no lease, oldest first. Requests of several lanes share one
 * statement, because one event may start thousands of lanes at once. The statement writes nothing, so there is nothing
 * to clean up if a worker dies between reading and claiming.
 */
export function createBacklogReader(core: AppContext): Batcher<BacklogRequest, BacklogPage> {
  return createBatcher<BacklogRequest, BacklogPage>({
    max: MAX_TICKETS,
    lanes: 2,
    weigh: ({ limit }) => limit,
    async run(requests) {
      const after = requests.map((request) => request.after ?? BEGINNING)
      const rows = await core.db.query<Row>(
        'SELECT * FROM read_backlogs($1::uuid[], $2::timestamptz[], $3::uuid[], $4::int[])',
        [
          requests.map(({ webhookId }) => webhookId),
          after.map(({ at }) => at),
          after.map(({ id }) => id),
          requests.map(({ limit }) => limit),
        ],
        'read_backlogs',
      )
      const byWebhook = groupByWebhook(rows)
      return requests.map(({ webhookId, limit }) => pageOf(byWebhook.get(webhookId) ?? [], limit))
    },
  })
}

function groupByWebhook(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const group = groups.get(row.webhook_id)
    if (group) group.push(row)
    else groups.set(row.webhook_id, [row])
  }
  return groups
}

function pageOf(rows: readonly Row[], limit: number): BacklogPage {
  const last = rows.length === limit ? rows.at(-1) : undefined
  return {
    tickets: rows.map((row) => ({ id: row.id, attempts: row.attempt_count })),
    next: last ? { at: last.next_attempt_at.toISOString(), id: last.id } : null,
  }
}

/**
 * Parks deliveries: sets wake_at to null, so that sweeps ignore them, and stores `reason` as their hold reason until
 * they are claimed.
 */
export async function park(
  core: AppContext,
  tickets: readonly Ticket[],
  reason: Extract<HoldReason, 'RATE_LIMITED' | 'CONCURRENCY_LIMITED'>,
): Promise<void> {
  if (tickets.length === 0) return
  const sorted = inOrder(tickets)
  await core.db.query('SELECT park_deliveries($1::uuid[], $2::int[], $3)', [
    sorted.map((t) => t.id),
    sorted.map((t) => t.attempts),
    reason,
  ])
}

/**
 * Sets wake_at, so that the next sweep finds these deliveries. Only deliveries that are open, due and without a lease
 * change.
 */
export async function wake(core: AppContext, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await core.db.query(
    `UPDATE deliveries SET wake_at = db_now()
     WHERE id = ANY ($1::uuid[]) AND lease_until IS NULL AND completed_at IS NULL AND next_attempt_at <= db_now()`,
    [ids],
  )
}
