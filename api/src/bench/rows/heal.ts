import Docker, { type Container } from 'dockerode'
import { BUSYBOX_IMAGE } from '../../../../ops/lib/images/busybox-image.mjs'
import { percentile } from '../figures.ts'
import type { Row } from '../row.ts'
import type { Stack } from '../stack.ts'

const SERVICES = 10
const NANOSECONDS = 1_000_000_000
const WAIT_MS = 60_000
/** Ends on TERM; is unhealthy while /tmp/sick exists, and well again after a restart. */
const SERVICE = 'trap "exit 0" TERM; rm -f /tmp/sick; while :; do sleep 1 & wait $!; done'

/**
 * From a container's failed health check to the decision, to its restart and to its recovery, one container after
 * another, because the storm brake would prevent simultaneous restarts. The limit is the same restart by the engine's
 * API alone.
 */
export const heal: Row = {
  name: 'heal',
  async run(stack, { scale, advance }) {
    const host = process.env.BENCH_DOCKER_HOST
    if (!host) return []
    const docker = new Docker({ socketPath: host.slice('unix://'.length) })
    const log = await EngineLog.open(docker)
    const names = Array.from({ length: Math.max(3, Math.round(SERVICES * scale)) }, (_, n) => `bench-${n}`)
    const containers: Container[] = []
    try {
      for (const name of names) containers.push(await startContainer(docker, name))
      for (const { id } of containers) await log.next(id, 'health_status: healthy', 0)
      const bare = await measureBare(containers, log)
      advance(0.3)
      await stack.killWorkers()
      await stack.startWorker({ AUTOHEAL_MODE: 'heal', DOCKER_HOST: host, AUTOHEAL_START_PERIOD_SECONDS: '0' })
      await allHealthy(stack, names.length)
      const healed: Healed[] = []
      for (const [n, container] of containers.entries()) {
        healed.push(await measureHealed(stack, container, names[n]!, log))
        advance(0.3 + (0.7 * (n + 1)) / containers.length)
      }
      const p50 = (values: number[]) => percentile(values, 50)
      const figure = (name: string, what: string, value: number, goal: number, limit: number | null) => ({
        name: `heal-${name}`,
        what: `unhealthy event to ${what}, ${names.length} services, p50`,
        unit: 'ms',
        value,
        limit: limit === null ? null : { what: 'the same by one call to the engine', value: limit },
        goal: { value: goal, atMost: true },
      })
      const bareRestart = p50(bare.map(({ restartMs }) => restartMs))
      const bareRecovery = p50(bare.map(({ recoveryMs }) => recoveryMs))
      return [
        figure('decision', 'restart decision', p50(healed.map(({ decisionMs }) => decisionMs)), 500, null),
        figure('restart', 'restart event', p50(healed.map(({ restartMs }) => restartMs)), 500, bareRestart),
        figure(
          'recovery',
          'healthy again',
          p50(healed.map(({ recoveryMs }) => recoveryMs)),
          bareRecovery + 500,
          bareRecovery,
        ),
      ]
    } finally {
      log.close()
      await Promise.all(containers.map((container) => container.remove({ force: true })))
    }
  },
}

/** Milliseconds from the unhealthy event. */
interface Healed {
  decisionMs: number
  restartMs: number
  recoveryMs: number
}

async function startContainer(docker: Docker, name: string): Promise<Container> {
  const container = await docker.createContainer({
    name,
    Image: BUSYBOX_IMAGE,
    Cmd: ['/bin/sh', '-c', SERVICE],
    Labels: { 'aetherlink.autoheal': 'true' },
    Healthcheck: {
      Test: ['CMD-SHELL', 'test ! -e /tmp/sick'],
      Interval: NANOSECONDS,
      Timeout: 5 * NANOSECONDS,
      Retries: 1,
    },
    HostConfig: { NetworkMode: 'none' },
  })
  await container.start()
  return container
}

/** Restarts by the engine alone: from the call to the restart event, and to the next healthy one. */
async function measureBare(containers: readonly Container[], log: EngineLog): Promise<Omit<Healed, 'decisionMs'>[]> {
  const measured: Omit<Healed, 'decisionMs'>[] = []
  for (const container of containers) {
    const called = Date.now()
    await container.restart({ t: 10 })
    const restarted = await log.next(container.id, 'restart', called)
    const healthy = await log.next(container.id, 'health_status: healthy', restarted)
    measured.push({ restartMs: restarted - called, recoveryMs: healthy - called })
  }
  return measured
}

async function measureHealed(stack: Stack, container: Container, name: string, log: EngineLog): Promise<Healed> {
  const before = Date.now()
  const touch = await container.exec({ Cmd: ['touch', '/tmp/sick'] })
  // The response is not read; its open connection would keep the process alive.
  ;(await touch.start({ Detach: true })).destroy()
  const unhealthy = await log.next(container.id, 'health_status: unhealthy', before)
  const restarted = await log.next(container.id, 'restart', unhealthy)
  const healthy = await log.next(container.id, 'health_status: healthy', restarted)
  await allHealthy(stack, null)
  const { rows } = await stack.db.query<{ at: Date }>(
    `SELECT started_at AS at FROM heal_attempts WHERE container = $1 AND outcome = 'SUCCEEDED' ORDER BY id DESC LIMIT 1`,
    [name],
  )
  if (!rows[0]) throw new Error(`${name} was restarted, but not by a successful attempt`)
  return {
    decisionMs: rows[0].at.getTime() - unhealthy,
    restartMs: restarted - unhealthy,
    recoveryMs: healthy - unhealthy,
  }
}

/** Waits until the healer takes all targets for healthy. `count`: how many there have to be; null: those that there are. */
async function allHealthy({ db }: Stack, count: number | null): Promise<void> {
  for (const deadline = Date.now() + WAIT_MS; ; ) {
    const { rows } = await db.query<{ healthy: number; all: number }>(
      `SELECT count(*) FILTER (WHERE state = 'HEALTHY')::int AS healthy, count(*)::int AS all FROM heal_targets`,
    )
    const { healthy, all } = rows[0]!
    if (healthy === all && (count === null || all === count)) return
    if (Date.now() > deadline) throw new Error(`${healthy} of ${all} targets are healthy`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

interface EngineEvent {
  id: string
  action: string
  /** Milliseconds since 1970, by the engine. */
  at: number
}

/** The engine's events about containers since it was opened. */
class EngineLog {
  readonly #events: EngineEvent[] = []
  readonly #stream: NodeJS.ReadableStream
  #rest = ''

  private constructor(stream: NodeJS.ReadableStream) {
    this.#stream = stream
    stream.on('data', (chunk: Buffer) => this.#read(chunk))
  }

  static async open(docker: Docker): Promise<EngineLog> {
    return new EngineLog(await docker.getEvents({ filters: { type: ['container'] } }))
  }

  /** The time of a container's first event with this action after `after`. */
  async next(id: string, action: string, after: number): Promise<number> {
    for (const deadline = Date.now() + WAIT_MS; ; ) {
      const found = this.#events.find((event) => event.id === id && event.action === action && event.at >= after)
      if (found) return found.at
      if (Date.now() > deadline) throw new Error(`the engine did not report ${action} of ${id}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  close(): void {
    if ('destroy' in this.#stream && typeof this.#stream.destroy === 'function') this.#stream.destroy()
  }

  #read(chunk: Buffer): void {
    const lines = (this.#rest + chunk.toString()).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines.filter(Boolean)) {
      const { Action, Actor, timeNano } = JSON.parse(line) as {
        Action: string
        Actor: { ID: string }
        timeNano: number
      }
      this.#events.push({ id: Actor.ID, action: Action, at: timeNano / 1e6 })
    }
  }
}
