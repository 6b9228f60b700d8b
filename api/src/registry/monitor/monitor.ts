import type { AppContext } from '../../app-context.ts'
import { type PublishInTransaction, publishIfValid } from '../../events/publish/publish-in-transaction.ts'
import { SOURCE, unregisteredEvent } from '../announce.ts'
import { type ComponentCheck, createComponentRecorder } from '../health/components.ts'
import { pruneHistory } from '../health/history.ts'
import { servicesChanged } from '../load.ts'
import type { Prober } from '../probe/prober.ts'
import { createChecker } from './check.ts'
import { removeExpired } from './store.ts'

/** Checks services and the components of the platform periodically. The workers take turns: one checks at a time. */
export interface Monitor {
  start(): void
  /** Waits for the checks in progress. */
  stop(): Promise<void>
  /** Runs the checks that are due; for tests. */
  once(): Promise<void>
}

const DUE_EVERY_MS = 1_000
const COMPONENTS_EVERY_MS = 15_000
const UPKEEP_EVERY_MS = 60_000
const REMOVAL_REASON = 'no heartbeat for a day after its time to live'

export function createMonitor(
  core: AppContext,
  options: { publishInTransaction: PublishInTransaction; prober: Prober; components: readonly ComponentCheck[] },
): Monitor {
  const { publishInTransaction } = options
  const recordComponents = createComponentRecorder(core, options.components)
  let stopping = false
  const underWay = new Set<Promise<unknown>>()

  const checker = createChecker(core, options)

  const services = async () => {
    if ((await checker.checkDue()) > 0) servicesChanged(core)
  }
  const upkeep = async () => {
    await publishInTransaction(SOURCE, async (client, publish) => {
      const removed = await removeExpired(client, core.clock())
      const events = removed.map((service) => unregisteredEvent(service, REMOVAL_REASON))
      await publishIfValid(core, publish, events)
    })
    await pruneHistory(core.db, core.clock())
  }
  const watched = (work: () => Promise<void>) => async () => {
    if (stopping) return
    const run = work().finally(() => underWay.delete(run))
    underWay.add(run)
    await run
  }

  return {
    start() {
      core.jobs.every('registry.check', DUE_EVERY_MS, watched(services))
      core.jobs.every('registry.components', COMPONENTS_EVERY_MS, watched(recordComponents))
      core.jobs.every('registry.upkeep', UPKEEP_EVERY_MS, watched(upkeep))
    },
    async stop() {
      stopping = true
      checker.stop()
      await Promise.allSettled(underWay)
      await checker.idle()
    },
    async once() {
      await services()
      await checker.idle()
      await upkeep()
    },
  }
}
