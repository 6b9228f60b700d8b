import type { AppContext } from './app-context.ts'
import { pruneDeliveryTotals, updateDeliveryTotals } from './deliveries/totals/update.ts'
import { pruneSearchIndex, updateSearchIndex } from './events/search/indexer.ts'
import { pruneEventTotals, updateEventTotals } from './events/totals/event-totals.ts'
import { createResealing } from './webhooks/reseal.ts'

/**
 * What a worker does beside delivering. So that reading stays fast it keeps the totals that figures are read from, and the
 * sketches that search goes by; and it reseals what a former SECRET_KEY sealed. It can always be late, and nothing depends on
 * which worker does it, or how many try.
 */
export interface Upkeep {
  start(): void
  stop(): Promise<void>
  /** One round of everything. */
  once(): Promise<void>
}

const INTERVAL_MS = 5_000
/** In rounds: a minute. What is past goes, and what was sealed with a former key meanwhile is looked for. */
const MINUTE = 12

export function createUpkeep(core: AppContext): Upkeep {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let stopping = false
  let rounds = 0

  /** After a long time without a worker there is much to do: in pieces, so that a stop does not wait for all of it. */
  const all = (work: (core: AppContext) => Promise<boolean>) => async () => {
    while (!stopping && (await work(core)));
  }
  const parts: ReadonlyArray<[every: number, name: string, work: () => Promise<void>]> = [
    // First: it takes seconds, and the others may have hours to make up for.
    [MINUTE, 'resealing', all(createResealing(core))],
    [1, 'totals of events', all(updateEventTotals)],
    [1, 'totals of deliveries', all(updateDeliveryTotals)],
    [1, 'sketches of events', all(updateSearchIndex)],
    [MINUTE, 'old totals of events', () => pruneEventTotals(core)],
    [MINUTE, 'old totals of deliveries', () => pruneDeliveryTotals(core)],
    [MINUTE, 'old sketches of events', () => pruneSearchIndex(core)],
  ]

  /** Each part by itself: what one of them trips over must not keep the others from their work. */
  const round = async (number: number | 'all') => {
    for (const [every, name, work] of parts) {
      if (stopping || (number !== 'all' && number % every !== 0)) continue
      await work().catch((error: unknown) =>
        core.log.warn({ err: error, part: name }, 'a part of the upkeep failed; the next round does it'),
      )
    }
  }

  return {
    start() {
      timer = setInterval(() => {
        running ??= round(rounds++).finally(() => {
          running = undefined
        })
      }, INTERVAL_MS)
    },
    async stop() {
      stopping = true
      clearInterval(timer)
      await running
    },
    once: () => round('all'),
  }
}
