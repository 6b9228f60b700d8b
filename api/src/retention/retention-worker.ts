import type { AppContext } from '../app-context.ts'
import { Pruner, type PrunerOptions } from './prune/pruner.ts'
import { SAMPLE_EVERY_MS, sampleTableSizes } from './sizes/table-sizes.ts'

/** The retention work of a worker: executes prune runs, and records the sizes of tables. */
export interface RetentionWorker {
  pruner: Pruner
  start(): void
  stop(): Promise<void>
}

export function createRetentionWorker(core: AppContext, options: PrunerOptions): RetentionWorker {
  const pruner = new Pruner(core, options)
  return {
    pruner,
    start() {
      pruner.start()
      core.jobs.every('retention.table-sizes', SAMPLE_EVERY_MS, () => sampleTableSizes(core))
    },
    stop: () => pruner.stop(),
  }
}
