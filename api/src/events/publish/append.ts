import type { Severity } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import { isDatabaseUnavailable } from '../../db/pool.ts'
import { createBatcher } from '../../kit/batch.ts'
import { AppError } from '../../kit/errors.ts'
import type { NewEvent } from './event-input.ts'

/** A delivery that an append creates together with its event. */
export interface NewDelivery {
  id: string
  webhookId: string
  tenantId: string | null
  targetUrl: string
  maxAttempts: number
}

/** What decides, within an append, which deliveries an event sets off. */
export interface FanOut {
  /** The state that `deliveriesOf` answers from. */
  epoch(): Promise<bigint>
  deliveriesOf(event: { tenantId: string | null; type: string; severity: Severity }): NewDelivery[]
  /** The epoch was stale: reads the webhooks anew. */
  refresh(): Promise<void>
}

/** One event of an append: its place in the feed, or the id of the first event that used its idempotency key. */
export type Appended = { seq: bigint; deliveries: readonly NewDelivery[] } | { duplicateOf: string }

export type Append = (events: NewEvent[]) => Promise<Appended[]>

/** Rows in one statement: beyond this the lock on the feed is held for longer than a commit takes. */
export const APPEND_MAX = 500
/** One appends while the next one's statement is already at the server, waiting for the lock. */
const LANES = 2
/** From so many on a statement is shared well enough not to wait for the one before: half of what 64 connections have under way. */
const WORTHWHILE = 32
const MAX_REFRESHES = 10

const APPEND = `SELECT stale, first_seq, duplicates FROM append_events(
  $1, $2::uuid[], $3::text[], $4::text[], $5::text[], $6::"Severity"[], $7::text[], $8::text[], $9::timestamptz[], $10::timestamptz[],
  $11::"ActorKind"[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[],
  $18::uuid[], $19::int[], $20::uuid[], $21::text[], $22::text[], $23::int[], $24)`

/**
 * Appends events by group commit: what concurrent callers hand in goes in one statement and one commit. Each call's events
 * (at most APPEND_MAX) are stored together or not at all. Throws UNAVAILABLE while Postgres is away.
 */
export function createAppend(
  core: AppContext,
  fanOut: FanOut,
  committed: (events: NewEvent[], appended: Appended[]) => void,
): Append & { idle(): Promise<void> } {
  const appendRows = async (events: NewEvent[]): Promise<Appended[]> => {
    for (let round = 0; round <= MAX_REFRESHES; round++) {
      const epoch = await fanOut.epoch()
      const deliveries = events.map((event) => fanOut.deliveriesOf(event))
      const [row] = await core.db.query<{
        stale: boolean
        first_seq: string | null
        duplicates: Record<string, string> | null
      }>(
        APPEND,
        parameters(epoch, events, deliveries, new Date(core.clock() + core.env.HANDOFF_GRACE_MS)),
        'append_events',
      )
      if (!row) throw new Error('append_events answered nothing')
      if (row.stale) {
        await fanOut.refresh()
        continue
      }
      let seq = BigInt(row.first_seq ?? 0)
      const appended = events.map((_, i): Appended => {
        const first = row.duplicates?.[i + 1]
        return first ? { duplicateOf: first } : { seq: seq++, deliveries: deliveries[i]! }
      })
      committed(events, appended)
      return appended
    }
    throw new AppError('UNAVAILABLE', 'the webhooks change faster than events can be appended; try again')
  }

  const batcher = createBatcher<NewEvent[], Appended[]>({
    max: APPEND_MAX,
    lanes: LANES,
    worthwhile: WORTHWHILE,
    weigh: (events) => events.length,
    async run(groups) {
      try {
        const appended = await appendRows(groups.flat())
        let next = 0
        return groups.map((group) => {
          next += group.length
          return appended.slice(next - group.length, next)
        })
      } catch (error) {
        if (groups.length === 1 || isDatabaseUnavailable(error)) throw error
        // Something in one of them is not to the server's liking: alone, the others are stored.
        const alone = await Promise.allSettled(groups.map(appendRows))
        return alone.map((result) =>
          result.status === 'fulfilled' ? result.value : Promise.reject<Appended[]>(result.reason),
        )
      }
    },
  })

  const append = (events: NewEvent[]) =>
    batcher(events).catch((error: unknown) => {
      if (!isDatabaseUnavailable(error)) throw error
      throw new AppError(
        'UNAVAILABLE',
        'the database is away; it is not known whether the event was stored: publish again with the same idempotencyKey',
      )
    })
  return Object.assign(append, { idle: batcher.idle })
}

function parameters(epoch: bigint, events: NewEvent[], deliveries: NewDelivery[][], wakeAt: Date): unknown[] {
  const column = <T>(pick: (event: NewEvent) => T) => events.map(pick)
  const ids: string[] = []
  const of: number[] = []
  const webhooks: string[] = []
  const tenants: (string | null)[] = []
  const urls: string[] = []
  const max: number[] = []
  for (let i = 0; i < deliveries.length; i++) {
    for (const delivery of deliveries[i]!) {
      ids.push(delivery.id)
      of.push(i + 1)
      webhooks.push(delivery.webhookId)
      tenants.push(delivery.tenantId)
      urls.push(delivery.targetUrl)
      max.push(delivery.maxAttempts)
    }
  }
  return [
    epoch.toString(),
    column((e) => e.id),
    column((e) => e.tenantId),
    column((e) => e.type),
    column((e) => e.source),
    column((e) => e.severity),
    column((e) => e.subject),
    column((e) => e.payload.text),
    column((e) => e.occurredAt.toISOString()),
    column((e) => e.receivedAt.toISOString()),
    column((e) => e.publishedByKind),
    column((e) => e.publishedById),
    column((e) => e.publishedByName),
    column((e) => e.clientIp),
    column((e) => e.correlationId),
    column((e) => e.causationId),
    events.some((e) => e.idempotencyKey !== null) ? column((e) => e.idempotencyKey) : null,
    ids,
    of,
    webhooks,
    tenants,
    urls,
    max,
    wakeAt.toISOString(),
  ]
}
