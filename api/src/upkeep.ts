import type { AppContext } from './app-context.ts'
import { learnRates } from './deliveries/forecast/learn.ts'
import { pruneRates } from './deliveries/forecast/read-rates.ts'
import { createTotalsRepair } from './deliveries/totals/repair.ts'
import { pruneDeliveryTotals, updateDeliveryTotals } from './deliveries/totals/update.ts'
import { pruneAttemptTotals, updateAttemptTotals } from './deliveries/totals/update-attempts.ts'
import { pruneIdempotencyKeys } from './events/idempotency/prune-keys.ts'
import { pruneSearchIndex, updateSearchIndex } from './events/search/indexer.ts'
import { pruneEventTotals, updateEventTotals } from './events/totals/event-totals.ts'
import { createResealing } from './webhooks/secrets/reseal.ts'

/**
 * A worker's maintenance. It updates the totals and the search index, creates partitions in advance, and encrypts
 * secrets again that still use the previous SECRET_KEY. It may run late, and any worker may do it.
 */
export interface Upkeep {
  start(): void
  stop(): Promise<void>
  /** One round of all tasks. */
  once(): Promise<void>
}

const OFTEN_MS = 5_000
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

export function createUpkeep(core: AppContext): Upkeep {
  let isStopping = false
  const stops: (() => Promise<void>)[] = []
  const repairTotals = createTotalsRepair(core)

  /**
   * Repeats `work` until nothing is left. `work` does one chunk at a time, so that a stop need not wait for the whole
   * backlog that builds up while no worker runs.
   */
  const untilDone = (work: (core: AppContext) => Promise<boolean>) => async () => {
    while (!isStopping && (await work(core)));
  }
  const parts: ReadonlyArray<[kind: string, intervalMs: number, work: () => Promise<void>]> = [
    ['upkeep.resealing', MINUTE_MS, untilDone(createResealing(core))],
    ['upkeep.event-totals', OFTEN_MS, untilDone(updateEventTotals)],
    ['upkeep.delivery-totals', OFTEN_MS, untilDone(updateDeliveryTotals)],
    ['upkeep.repair-totals', MINUTE_MS, async () => void (await repairTotals())],
    ['upkeep.attempt-totals', OFTEN_MS, untilDone((core) => updateAttemptTotals(core, learnRates))],
    ['upkeep.search-index', OFTEN_MS, untilDone(updateSearchIndex)],
    ['upkeep.old-event-totals', MINUTE_MS, () => pruneEventTotals(core)],
    ['upkeep.old-delivery-totals', MINUTE_MS, () => pruneDeliveryTotals(core)],
    ['upkeep.old-attempt-totals', MINUTE_MS, () => pruneAttemptTotals(core)],
    ['upkeep.old-rates', MINUTE_MS, () => pruneRates(core)],
    ['upkeep.old-search-index', MINUTE_MS, () => pruneSearchIndex(core)],
    ['upkeep.idempotency-keys', MINUTE_MS, () => pruneIdempotencyKeys(core)],
    ['upkeep.partitions', MINUTE_MS, () => ensurePartitions(core)],
  ]

  return {
    start() {
      for (const [kind, intervalMs, work] of parts) stops.push(core.jobs.every(kind, intervalMs, work))
    },
    async stop() {
      isStopping = true
      await Promise.all(stops.splice(0).map((stop) => stop()))
    },
    async once() {
      for (const [, , work] of parts) await work()
    },
  }
}

async function ensurePartitions(core: AppContext): Promise<void> {
  const day = (offset: number) => new Date(core.clock() + offset * DAY_MS).toISOString().slice(0, 10)
  await core.db.query('SELECT ensure_partitions($1::date, $2::date)', [day(-1), day(8)])
}
