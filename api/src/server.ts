import { collectDefaultMetrics, Registry } from 'prom-client'
import { ensureAdminKey, ensureServiceKey } from './access/api-keys/api-keys.ts'
import { ensureConfiguredWebhooks } from './alerts/notifications/configured-webhooks.ts'
import { ensureDefaultRules } from './alerts/self-watching/default-rules.ts'
import { createServer } from './app.ts'
import { createAppContext } from './app-context.ts'
import { parseEnv, SettingsError } from './env.ts'
import { ensureBuiltinTypes } from './events/catalogue/builtin-types.ts'
import { createLog } from './kit/log.ts'
import { saveMemory } from './kit/process/memory.ts'
import { onShutdown } from './kit/process/shutdown.ts'
import { registerApi } from './ops-loop.ts'
import { createPipeline } from './pipeline.ts'
import { createTracing } from './tracing/create-tracing.ts'

/** How long running requests may take to finish. The supervisor must wait longer before it kills the process. */
const DRAIN_MS = 10_000

try {
  saveMemory()
  const env = parseEnv()
  const log = createLog(env.LOG_LEVEL, 'api')
  const core = createAppContext(env, 'api', { log, tracing: await createTracing(env, 'api', log) })
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })

  const madeKey = await ensureAdminKey(core)
  if (madeKey)
    core.log.warn(`no admin API key is set (AETHERLINK_ADMIN_KEY): created ${madeKey}, which is shown only now`)
  await ensureServiceKey(core)
  await ensureBuiltinTypes(core.db)
  await ensureDefaultRules(core)
  await ensureConfiguredWebhooks(core)

  const pipeline = createPipeline(core)
  const server = createServer(core, pipeline, registry)
  const port = await server.start(env.PORT, env.HOST)
  core.log.info({ port, host: env.HOST }, 'listening')
  const registration = registerApi(core, pipeline.publisher, port)
  registration.start()
  if (env.AUTH_MODE === 'dev' && !/^(localhost|::1|127\.[\d.]+)$/.test(env.HOST))
    core.log.warn({ host: env.HOST }, 'AUTH_MODE=dev: anyone who can reach this address can sign in with any role')

  onShutdown(core.log, DRAIN_MS + 5_000, async () => {
    await registration.stop()
    await server.stop(DRAIN_MS)
    await pipeline.close()
    await core.close()
  })
} catch (error) {
  console.error(explain(error))
  process.exit(1)
}

/** The message for a failed start, with advice if the cause is known. */
function explain(error: unknown): unknown {
  if (error instanceof SettingsError) return error.message
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return `PORT: port ${process.env.PORT || 8010} is in use by another process; set PORT to a free one`
  }
  if (error instanceof Error && 'code' in error && /^(ENOTFOUND|EAI_\w+|EADDRNOTAVAIL)$/.test(String(error.code))) {
    return `HOST: ${process.env.HOST} is not an address of this machine; expected one such as 127.0.0.1, or 0.0.0.0 for all of them`
  }
  return error
}
