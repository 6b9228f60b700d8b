import { hostname } from 'node:os'
import packageJson from '../package.json' with { type: 'json' }
import type { AppContext } from './app-context.ts'
import type { Publisher } from './events/publish/publish.ts'
import type { PublishInTransaction } from './events/publish/publish-in-transaction.ts'
import { createHealer, type Healer, scheduleRegularChecks } from './healing/check/healer.ts'
import type { Probe } from './healing/check/survey.ts'
import { connectDocker } from './healing/docker/connect.ts'
import { readHealer } from './healing/read/healer.ts'
import { createLiveAttempts, type LiveAttempts } from './healing/read/live-attempts.ts'
import { listMonitoredServices } from './healing/read/watched.ts'
import { type ComponentCheck, platformComponents } from './registry/health/components.ts'
import { createPlatformHealth, type PlatformHealthReader } from './registry/health/platform-health.ts'
import { createMonitor, type Monitor } from './registry/monitor/monitor.ts'
import { probePolicy } from './registry/probe/policy.ts'
import { createProber, type Prober } from './registry/probe/prober.ts'
import { listRegisteredServices, type RegisteredService } from './registry/registered-services.ts'
import { createSelfRegistration, type SelfRegistration } from './registry/self/register-process.ts'

/** Connects registry/ and healing/, which do not import each other. */

/** The functions with which the API reads the state of the platform: health, services and heal attempts. */
export interface OpsReading {
  platformHealth: PlatformHealthReader
  monitoredServices: () => Promise<ReadonlySet<string>>
  registeredServices: () => Promise<RegisteredService[]>
  liveAttempts: LiveAttempts
}

export function createOpsReading(core: AppContext): OpsReading {
  return {
    platformHealth: createPlatformHealth(core, [...platformComponents(core), dockerComponent(core)]),
    monitoredServices: () => listMonitoredServices(core),
    registeredServices: () => listRegisteredServices(core),
    liveAttempts: createLiveAttempts(core),
  }
}

/** The state of Docker as the healing worker reported it; the API itself may have no access to Docker. */
function dockerComponent(core: AppContext): ComponentCheck {
  return async () => {
    try {
      return [(await readHealer(core)).docker]
    } catch {
      return [{ name: 'docker', status: 'UNKNOWN', latencyMs: null, message: 'what the workers found cannot be read' }]
    }
  }
}

/** Probing and healing, which workers run. */
export interface OpsLoop {
  monitor: Monitor
  /** Null if auto-heal is disabled in this process. */
  healer: Healer | null
  start(): void
  /** Gives running restarts `limitMs` to finish. */
  stop(limitMs: number): Promise<void>
}

export async function createOpsLoop(
  core: AppContext,
  { publishInTransaction }: { publishInTransaction: PublishInTransaction },
): Promise<OpsLoop> {
  const prober = createProber({ policy: probePolicy(core.env), timeoutMs: core.env.PROBE_TIMEOUT_MS })
  const monitor = createMonitor(core, {
    publishInTransaction,
    prober,
    components: [...platformComponents(core), dockerComponent(core)],
  })
  const docker = await connectDocker(core.env)
  const healer = docker
    ? createHealer(core, {
        docker,
        publishInTransaction,
        probe: probeBy(prober),
        registeredServices: () => listRegisteredServices(core),
      })
    : null
  return {
    monitor,
    healer,
    start() {
      monitor.start()
      healer?.start()
      scheduleRegularChecks(core, healer)
    },
    async stop(limitMs) {
      await Promise.all([monitor.stop(), healer?.stop(limitMs)])
      await prober.close()
    },
  }
}

/**
 * Only DOWN counts as failed. A service that reports itself as degraded still works, and a restart would make it worse.
 * A URL that the worker may not or cannot contact is no failure of the service either.
 */
const probeBy =
  ({ probe }: Prober): Probe =>
  async (url) => {
    const { status, error, isContacted } = await probe(url)
    if (!isContacted) return { ok: true, doubt: `its health URL cannot be requested: ${error}` }
    return status === 'DOWN' ? { ok: false, error: error ?? 'it is down' } : { ok: true }
  }

/** Registers the API in its own registry; `port` is its listening port. */
export function registerApi(core: AppContext, publisher: Publisher, port: number): SelfRegistration {
  const { SERVICE_NAME, SERVICE_URL, HOST } = core.env
  const url = (SERVICE_URL ?? `http://${shownHost(HOST)}:${port}`).replace(/\/+$/, '')
  return createSelfRegistration(core, publisher, {
    name: SERVICE_NAME ?? 'aetherlink-api',
    url,
    healthUrl: `${url}/ping`,
    version: packageJson.version,
    tags: ['aetherlink'],
  })
}

/** Registers a worker. It has no health URL, so only its heartbeats are checked. */
export function registerWorker(core: AppContext, publisher: Publisher): SelfRegistration {
  const name = core.env.SERVICE_NAME ?? 'aetherlink-worker'
  return createSelfRegistration(core, publisher, {
    name,
    // The same for all workers with this name, because a registration that differs from the earlier one is an event.
    url: `worker://${name}`,
    healthUrl: '',
    version: packageJson.version,
    tags: ['aetherlink'],
  })
}

/**
 * The host that a URL needs for this listening address. The unspecified address (0.0.0.0 or ::) is replaced by the host
 * name, because clients cannot connect to it.
 */
function shownHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return hostname()
  return host.includes(':') ? `[${host}]` : host
}
