import { createAiAndCrm } from './ai-wiring.ts'
import { createAlerting } from './alerts/alerting.ts'
import { createAppContext } from './app-context.ts'
import { startHealthWatch } from './deliveries/health/watch.ts'
import { observeAttempts } from './deliveries/metrics.ts'
import { parseEnv, SettingsError } from './env.ts'
import { createLog } from './kit/log.ts'
import { saveMemory } from './kit/process/memory.ts'
import { onShutdown } from './kit/process/shutdown.ts'
import { createOpsLoop, registerWorker } from './ops-loop.ts'
import { createDelivering, createPipeline, createRetention } from './pipeline.ts'
import { createTracing } from './tracing/create-tracing.ts'
import { createUpkeep } from './upkeep.ts'
import { createWorkerServer } from './worker-server.ts'

/**
 * How long requests in flight may take to finish at shutdown. The supervisor must wait longer before it kills the
 * process.
 */
const DRAIN_MS = 20_000

try {
  saveMemory()
  const env = parseEnv()
  const log = createLog(env.LOG_LEVEL, 'worker')
  const core = createAppContext(env, 'worker', { log, tracing: await createTracing(env, 'worker', log) })
  const pipeline = createPipeline(core)
  const server = createWorkerServer(core)
  const delivering = createDelivering(core, pipeline, observeAttempts(server.registry))
  const upkeep = createUpkeep(core)
  const opsLoop = await createOpsLoop(core, pipeline)
  const retention = createRetention(core, pipeline)
  const registration = registerWorker(core, pipeline.publisher)
  const { ai, crm } = createAiAndCrm(core, pipeline)
  const alerting = createAlerting(core, pipeline.publishInTransaction)
  delivering.start()
  alerting.start()
  ai.startDrills()
  crm.startOutbox()
  upkeep.start()
  opsLoop.start()
  retention.start()
  registration.start()
  const stopHealthWatch = startHealthWatch(core, pipeline.publishInTransaction)
  if (core.env.WORKER_PORT !== undefined) await server.start(core.env.WORKER_PORT, core.env.HOST)
  core.log.info('delivering')
  onShutdown(core.log, DRAIN_MS + 5_000, async () => {
    await Promise.all([
      delivering.stop(DRAIN_MS),
      retention.stop(),
      upkeep.stop(),
      opsLoop.stop(DRAIN_MS),
      registration.stop(),
      alerting.stop(),
      stopHealthWatch(),
      server.stop(),
    ])
    await core.jobs.close()
    await crm.close()
    await pipeline.close(0)
    await core.close()
  })
} catch (error) {
  if (!(error instanceof SettingsError)) throw error
  console.error(error.message)
  process.exit(1)
}
