import type { ErrorKind } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import { isDatabaseUnavailable } from '../../db/pool.ts'
import { type Batcher, createBatcher } from '../../kit/batch.ts'
import { deliveriesChanged } from '../live/changes.ts'
import type { Outcome } from './state-machine.ts'

/** One finished attempt and what became of its delivery. */
export interface Finished {
  deliveryId: string
  webhookId: string
  url: string
  outcome: Outcome
  /** When the sweep is to look at it again; null once final. */
  wakeAt: Date | null
  attempt: {
    id: string
    startedAt: Date
    durationMs: number
    statusCode: number | null
    errorKind: ErrorKind | null
    error: string | null
    /** JSON text, secrets redacted. */
    requestHeaders: string
    responseHeaders: string | null
    responseBody: string | null
    responseBodyTruncated: boolean
  }
}

const RECORD = `SELECT record_outcomes($1::uuid[], $2::int[], $3::"DeliveryStatus"[], $4::int[], $5::timestamptz[], $6::timestamptz[],
  $7::timestamptz[], $8::text[], $9::int[], $10::text[], $11::"ErrorKind"[], $12::uuid[], $13::uuid[], $14::timestamptz[], $15::float8[],
  $16::text[], $17::text[], $18::text[], $19::bool[]) AS left_alone`

/** No one waits for an outcome to be written down; each statement that several share is one less for all else to wait for. */
const LINGER_MS = 10

/**
 * Writes outcomes by group, each with its attempt, in one statement. True: written; false: the delivery had moved on (the
 * lease ran out and another worker finished it). While Postgres is away an outcome waits here instead of being lost: the
 * receiver has the event already, and only this process knows.
 */
export function createRecorder(
  core: AppContext,
  patience: { retryMs: number; giveUpMs: number },
): Batcher<Finished, boolean> {
  const write = async (batch: Finished[]): Promise<Array<boolean | Promise<boolean>>> => {
    const giveUp = Date.now() + patience.giveUpMs
    for (;;) {
      try {
        const [row] = await core.db.query<{ left_alone: string[] }>(RECORD, parameters(batch), 'record_outcomes')
        const left = new Set(row?.left_alone)
        deliveriesChanged(
          core.pubsub,
          batch.map(({ deliveryId }) => deliveryId),
        )
        return batch.map((finished) => !left.has(finished.deliveryId))
      } catch (error) {
        if (!isDatabaseUnavailable(error)) {
          if (batch.length === 1) throw error
          // Something in one of them is not to the server's liking: alone, the others are written down.
          return batch.map(async (finished) => (await write([finished]))[0] ?? false)
        }
        if (Date.now() > giveUp) throw error
        core.log.warn({ err: error, outcomes: batch.length }, 'the database is away; outcomes wait')
        await new Promise((resolve) => setTimeout(resolve, patience.retryMs))
      }
    }
  }
  return createBatcher<Finished, boolean>({ max: 500, lanes: 2, lingerMs: LINGER_MS, run: write })
}

function parameters(batch: readonly Finished[]): unknown[] {
  const column = <T>(pick: (finished: Finished) => T) => batch.map(pick)
  const iso = (date: Date | null) => (date === null ? null : date.toISOString())
  return [
    column((f) => f.deliveryId),
    column((f) => f.outcome.attemptCount),
    column((f) => f.outcome.status),
    column((f) => f.outcome.maxAttempts),
    column((f) => iso(f.outcome.nextAttemptAt)),
    column((f) => iso(f.wakeAt)),
    column((f) => iso(f.outcome.completedAt)),
    column((f) => f.url),
    column((f) => f.attempt.statusCode),
    column((f) => f.attempt.error),
    column((f) => f.attempt.errorKind),
    column((f) => f.attempt.id),
    column((f) => f.webhookId),
    column((f) => iso(f.attempt.startedAt)),
    column((f) => f.attempt.durationMs),
    column((f) => f.attempt.requestHeaders),
    column((f) => f.attempt.responseHeaders),
    column((f) => f.attempt.responseBody),
    column((f) => f.attempt.responseBodyTruncated),
  ]
}
