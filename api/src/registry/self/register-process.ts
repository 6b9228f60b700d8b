import type { AppContext } from '../../app-context.ts'
import { systemCaller } from '../../audit/entry.ts'
import { createSingleFlight } from '../../kit/async/single-flight.ts'
import { AppError } from '../../kit/errors.ts'
import { PROCESS_NAME } from '../../kit/process/process-name.ts'
import type { Announcer } from '../announce.ts'
import { heartbeat } from '../heartbeat.ts'
import { isProbeable, type RegisterServiceInput } from '../input.ts'
import { forgetInstance } from '../instances.ts'
import { registerService } from '../register.ts'

/** Keeps a process of this installation registered as a service. */
export interface SelfRegistration {
  start(): void
  stop(): Promise<void>
}

const TTL_SECONDS = 45
const BEAT_MS = 15_000

/**
 * Registers this process as a service and sends its heartbeats. If that fails, the process runs on: the error is logged
 * once, and the next heartbeat tries again. A process that ends does not unregister the service, because another one
 * may have the same name; only its instance is removed. A health URL that probes may not reach (PROBE_ALLOWED_CIDRS) is
 * left out; then only heartbeats count.
 */
export function createSelfRegistration(
  core: AppContext,
  announcer: Announcer,
  service: Omit<RegisterServiceInput, 'ttlSeconds' | 'instance'>,
): SelfRegistration {
  const caller = systemCaller(service.name)
  const healthUrl = service.healthUrl && isProbeable(core, service.healthUrl) ? service.healthUrl : ''
  const instance = PROCESS_NAME
  const input = { ...service, healthUrl, instance, ttlSeconds: TTL_SECONDS }
  let timer: NodeJS.Timeout | undefined
  let isRegistered = false
  let isAway = false

  const beat = async () => {
    try {
      if (isRegistered) await heartbeat(core, announcer, caller.identity, input.name, { status: 'OK', instance })
      else await registerService(core, announcer, caller, input)
      isRegistered = true
      isAway = false
    } catch (error) {
      // The service was unregistered although it is alive, so the next heartbeat registers it again.
      isRegistered &&= !(error instanceof AppError && error.code === 'NOT_FOUND')
      if (!isAway) core.log.warn({ err: error, service: input.name }, 'not registered; the next heartbeat tries again')
      isAway = true
    }
  }
  const beats = createSingleFlight(beat)
  const run = () => void beats.run()

  return {
    start() {
      run()
      timer = setInterval(run, BEAT_MS)
      timer.unref()
    },
    async stop() {
      clearInterval(timer)
      await beats.current
      await forgetInstance(core, input.name, instance).catch((error: unknown) =>
        core.log.debug({ err: error, instance }, 'the instance stays listed for an hour'),
      )
    },
  }
}
