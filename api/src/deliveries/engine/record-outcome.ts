import type { ErrorKind } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import { isDatabaseUnavailable } from '../../db/pool.ts'
import { type Batcher, createBatcher } from '../../kit/async/batch.ts'
import { deliveriesChanged } from '../live/changes.ts'
import type { Outcome } from './decide-outcome.ts'

/** One finished attempt, and the outcome for its delivery. */
export interface Finished {
  deliveryId: string
  webhookId: string
  url: string
  outcome: Outcome
  attempt: {
    id: string
    startedAt: Date
    durationMs: number
    statusCode: number | null
    errorKind: ErrorKind | null
    error: string | null
    /** JSON text without secrets. */
    requestHeaders: string
    responseHeaders: string | null
    responseBody: string | null
    responseBodyTruncated: boolean
  }
}

const RECORD = `SELECT * FROM record_outcomes($1::uuid[], $2::int[], $3::"DeliveryStatus"[], $4::int[], $5::float8[], $6::text[], $7::int[], $8::text[],
  $9::"ErrorKind"[], $10::uuid[], $11::uuid[], $12::timestamptz[], $13::float8[], $14::text[], $15::text[], $16::text[], $17::bool[])`

/**
 * Outcomes wait this long to be recorded in one batch. Nothing waits for them, and fewer statements leave more capacity
 * for others.
 */
const LINGER_MS = 10

/**
 * Records outcomes in batches; one statement stores the outcomes and their attempts. True: recorded. False: the lease
 * had ended, and another worker finished the delivery. While PostgreSQL is unavailable, outcomes wait in this process,
 * because the receivers already have the events and nobody else knows the results.
 */
export function createRecorder(
  core: AppContext,
  patience: { retryMs: number; giveUpMs: number },
): Batcher<Finished, boolean> {
  const write = async (batch: Finished[]): Promise<Array<boolean | Promise<boolean>>> => {
    const giveUp = Date.now() + patience.giveUpMs
    for (;;) {
      try {
        const [row] = await core.db.query<{ left_alone: string[]; recovered: string[] }>(
          RECORD,
          parameters(batch),
          'record_outcomes',
        )
        const left = new Set(row?.left_alone)
        const recovered = row?.recovered ?? []
        deliveriesChanged(core.pubsub, [...batch.map(({ deliveryId }) => deliveryId), ...recovered])
        return batch.map((finished) => !left.has(finished.deliveryId))
      } catch (error) {
        if (!isDatabaseUnavailable(error)) {
          if (batch.length === 1) throw error
          // One of the outcomes made the whole statement fail. Each is recorded alone, so that the others succeed.
          return batch.map(async (finished) => (await write([finished]))[0] ?? false)
        }
        if (Date.now() > giveUp) throw error
        core.log.warn({ err: error, outcomes: batch.length }, 'the database is unavailable; outcomes wait')
        await new Promise((resolve) => setTimeout(resolve, patience.retryMs))
      }
    }
  }
  return createBatcher<Finished, boolean>({ max: 500, lanes: 2, lingerMs: LINGER_MS, run: write })
}

function parameters(batch: readonly Finished[]): unknown[] {
  const column = <T>(pick: (finished: Finished) => T) => batch.map(pick)
  return [
    column((f) => f.deliveryId),
    column((f) => f.outcome.attemptCount),
    column((f) => f.outcome.status),
    column((f) => f.outcome.maxAttempts),
    column((f) => f.outcome.retryInMs),
    column((f) => f.url),
    column((f) => f.attempt.statusCode),
    column((f) => f.attempt.error),
    column((f) => f.attempt.errorKind),
    column((f) => f.attempt.id),
    column((f) => f.webhookId),
    column((f) => f.attempt.startedAt.toISOString()),
    column((f) => f.attempt.durationMs),
    column((f) => f.attempt.requestHeaders),
    column((f) => f.attempt.responseHeaders),
    column((f) => f.attempt.responseBody),
    column((f) => f.attempt.responseBodyTruncated),
  ]
}
