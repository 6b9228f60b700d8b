import { createAlerting } from '../../src/alerts/alerting.ts'
import type { createAppContext } from '../../src/app-context.ts'
import { createDelivering, createPipeline, createRetention } from '../../src/pipeline.ts'

/** Starts a worker in this process, with its own connections. */
export function startWorker(core: ReturnType<typeof createAppContext>) {
  const pipeline = createPipeline(core)
  const delivering = createDelivering(core, pipeline)
  const retention = createRetention(core, pipeline)
  const alerting = createAlerting(core, pipeline.publishInTransaction)
  delivering.start()
  alerting.start()
  retention.start()
  return {
    delivering,
    retention,
    alerting,
    async stop() {
      await Promise.all([delivering.stop(1_000), retention.stop(), alerting.stop()])
      await core.jobs.close()
      await pipeline.close(0)
      await core.close()
    },
  }
}
