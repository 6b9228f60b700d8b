import { hostname } from 'node:os'
import packageJson from '../package.json' with { type: 'json' }
import type { AppContext } from './app-context.ts'
import type { Publisher } from './events/publish/publish.ts'
import { platformComponents } from './registry/health/components.ts'
import { createPlatformHealth, type PlatformHealthReader } from './registry/health/platform-health.ts'
import { createMonitor, type Monitor } from './registry/monitor/monitor.ts'
import { probePolicy } from './registry/probe/policy.ts'
import { createProber } from './registry/probe/prober.ts'
import { createSelfRegistration, type SelfRegistration } from './registry/self/register-process.ts'

/** Where registry and healing meet: neither imports the other. */

/** What the API answers with. */
export interface OpsReading {
  platformHealth: PlatformHealthReader
  monitoredServices: () => Promise<ReadonlySet<string>>
}

export function createOpsReading(core: AppContext): OpsReading {
  return {
    platformHealth: createPlatformHealth(core, platformComponents(core)),
    monitoredServices: async () => new Set(),
  }
}

/** What the workers do: watch. */
export interface OpsLoop {
  monitor: Monitor
  start(): void
  stop(): Promise<void>
}

export function createOpsLoop(core: AppContext, publisher: Publisher): OpsLoop {
  const prober = createProber({ policy: probePolicy(core.env), timeoutMs: core.env.PROBE_TIMEOUT_MS })
  const monitor = createMonitor(core, { announcer: publisher, prober, components: platformComponents(core) })
  return {
    monitor,
    start() {
      monitor.start()
    },
    async stop() {
      await monitor.stop()
      await prober.close()
    },
  }
}

/** The API in its own registry; `port` is the one that it listens on. */
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

/** A worker in the registry. It serves no HTTP, so its heartbeats alone count. */
export function registerWorker(core: AppContext, publisher: Publisher): SelfRegistration {
  return createSelfRegistration(core, publisher, {
    name: core.env.SERVICE_NAME ?? 'aetherlink-worker',
    url: `worker://${hostname()}`,
    healthUrl: '',
    version: packageJson.version,
    tags: ['aetherlink'],
  })
}

/** The host of a URL for what listens on an address: all of them is none that could be asked. */
function shownHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return hostname()
  return host.includes(':') ? `[${host}]` : host
}
