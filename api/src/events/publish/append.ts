import type { AppContext } from '../../app-context.ts'
import { clockShift } from '../../db/database-clock.ts'
import { isDatabaseUnavailable } from '../../db/pool.ts'
import { createBatcher } from '../../kit/async/batch.ts'
import { AppError } from '../../kit/errors.ts'
import type { Append, Appended, AppendHooks } from './append-hooks.ts'
import { type AppendRow, appendStatement, type Statement } from './append-statement.ts'
import type { NewEvent } from './event-input.ts'
import { handoffGraceMs } from './handoff.ts'

/**
 * Maximum number of events per statement. With more, the statement would hold the feed's lock for longer than a commit
 * takes.
 */
export const APPEND_MAX = 500
/**
 * Number of statements that run at the same time. While one runs, the next already waits in the database for the feed's
 * lock.
 */
const LANES = 2
/**
 * A batch with at least this many events does not wait for the previous statement. The value is half the number of
 * publishes that 64 connections have in flight.
 */
const WORTHWHILE = 32
export const MAX_REFRESHES = 10

/**
 * Appends events with group commit: events of concurrent callers share one statement and one commit. The events of one
 * call (at most APPEND_MAX) are either all stored or none is. Throws UNAVAILABLE if PostgreSQL is unavailable.
 */
export function createAppend(core: AppContext, hooks: AppendHooks): Append & { idle(): Promise<void> } {
  const appendRows = async (events: NewEvent[]): Promise<Appended[]> => {
    for (let round = 0; round <= MAX_REFRESHES; round++) {
      const epoch = await epochOf(hooks)
      const appended = await appendOnce(core, hooks, epoch, events, ({ text, values, name }) =>
        core.db.query(text, values, name),
      )
      if (appended === 'stale') {
        await refresh(hooks)
        continue
      }
      hooks.committed(events, appended)
      return appended
    }
    throw changingTooFast()
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
        // One of the calls made the whole statement fail. Each call is appended alone, so that the others succeed.
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
        'the database is unavailable; it is unknown whether the event was stored: publish it again with the same idempotencyKey',
      )
    })
  return Object.assign(append, { idle: batcher.idle })
}

/** The epoch to pass with an append. It is stale if webhooks or alert rules have changed since they were loaded. */
export async function epochOf({ fanOut, rules }: AppendHooks): Promise<bigint> {
  const [ofWebhooks, ofRules] = await Promise.all([fanOut.epoch(), rules.epoch()])
  return ofWebhooks < ofRules ? ofWebhooks : ofRules
}

export const refresh = ({ fanOut, rules }: AppendHooks): Promise<unknown> =>
  Promise.all([fanOut.refresh(), rules.refresh()])

export const changingTooFast = (): AppError =>
  new AppError('UNAVAILABLE', 'webhooks and alert rules change faster than events can be appended; try again')

/**
 * Runs the append statement with `run`. Returns 'stale' if webhooks or alert rules have changed; then nothing was
 * written.
 */
export async function appendOnce(
  core: AppContext,
  { fanOut, rules }: AppendHooks,
  epoch: bigint,
  events: readonly NewEvent[],
  run: (statement: Statement) => Promise<AppendRow[]>,
): Promise<Appended[] | 'stale'> {
  const deliveries = events.map((event) => fanOut.deliveriesOf(event))
  const matches = events.map((event) => rules.matchesOf(event))
  const times = { graceMs: handoffGraceMs(core), clockShift: clockShift(core) }
  const [row] = await run(appendStatement(epoch, events, deliveries, matches, times))
  if (!row) throw new Error('append_events returned no rows')
  if (row.stale) return 'stale'
  let seq = BigInt(row.first_seq ?? 0)
  return events.map((_, i): Appended => {
    const first = row.duplicates?.[i + 1]
    return first ? { duplicateOf: first } : { seq: seq++, deliveries: deliveries[i]!, matches: matches[i]! }
  })
}
