import type { AppContext } from '../../app-context.ts'
import { clockShift } from '../../db/database-clock.ts'
import { isDatabaseUnavailable } from '../../db/pool.ts'
import { createBatcher } from '../../kit/batch.ts'
import { AppError } from '../../kit/errors.ts'
import type { Append, Appended, AppendHooks } from './append-hooks.ts'
import { type AppendRow, appendStatement, type Statement } from './append-statement.ts'
import type { NewEvent } from './event-input.ts'
import { handoffGraceMs } from './handoff.ts'

/** Rows in one statement: beyond this the lock on the feed is held for longer than a commit takes. */
export const APPEND_MAX = 500
/** One appends while the next one's statement is already at the server, waiting for the lock. */
const LANES = 2
/** From so many on a statement is shared well enough not to wait for the one before: half of what 64 connections have under way. */
const WORTHWHILE = 32
export const MAX_REFRESHES = 10

/**
 * Appends events by group commit: what concurrent callers hand in goes in one statement and one commit. Each call's events
 * (at most APPEND_MAX) are stored together or not at all. Throws UNAVAILABLE while Postgres is away.
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

/** The epoch that an append carries: stale as soon as either of the two is. */
export async function epochOf({ fanOut, rules }: AppendHooks): Promise<bigint> {
  const [ofWebhooks, ofRules] = await Promise.all([fanOut.epoch(), rules.epoch()])
  return ofWebhooks < ofRules ? ofWebhooks : ofRules
}

export const refresh = ({ fanOut, rules }: AppendHooks): Promise<unknown> =>
  Promise.all([fanOut.refresh(), rules.refresh()])

export const changingTooFast = (): AppError =>
  new AppError('UNAVAILABLE', 'webhooks and alert rules change faster than events can be appended; try again')

/** Runs the append's one statement by `run`; 'stale': nothing was written, the webhooks or the rules have changed meanwhile. */
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
  if (!row) throw new Error('append_events answered nothing')
  if (row.stale) return 'stale'
  let seq = BigInt(row.first_seq ?? 0)
  return events.map((_, i): Appended => {
    const first = row.duplicates?.[i + 1]
    return first ? { duplicateOf: first } : { seq: seq++, deliveries: deliveries[i]!, matches: matches[i]! }
  })
}
