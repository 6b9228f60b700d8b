import type { Healer } from '../../src/healing/check/healer.ts'
import { newId } from '../../src/kit/ids.ts'
import { CHANNELS } from '../../src/kit/pubsub.ts'
import { createOpsLoop, type OpsLoop } from '../../src/ops-loop.ts'
import { createTestClock, startTestApp, type TestApp, until } from '../harness.ts'
import type { TestEngine } from '../servers/docker.ts'

/** An app whose auto-heal works on a real Docker engine. */
export interface HealingApp {
  app: TestApp
  clock: ReturnType<typeof createTestClock>
  /** The worker of the present test. `renew` replaces it. */
  readonly loop: OpsLoop
  readonly healer: Healer
  /** Starts another worker, which is stopped with the app. */
  another(): Promise<OpsLoop>
  /** Sets the clock forward by the interval of regular checks, and makes a check. */
  check(kind?: Parameters<Healer['check']>[0]): Promise<void>
  target(container: string): Promise<TargetView | undefined>
  /** The finished attempts, oldest first. */
  attempts(container?: string): Promise<AttemptView[]>
  /** The types of the events that auto-heal published about a service, in order. */
  events(service: string): Promise<string[]>
  /** Resolves when the target is in this state. */
  reaches(container: string, state: string): Promise<TargetView>
  /**
   * Resolves when the containers are healthy. A container without health check and health URL counts as healthy after a
   * moment; the clock is set forward for it.
   */
  settle(containers: string[]): Promise<unknown>
  /** Resolves when this many attempts have ended, the last of them successfully. */
  healed(container: string, count: number): Promise<unknown>
  /** Whether the storm brake is on. */
  stormBrake(): Promise<boolean>
  /** The state of the Docker engine as the API shows it. */
  docker(): Promise<{ name: string; status: string; message: string | null }>
  /**
   * Receives the messages that make pages reload the state. The returned function returns the number of messages since
   * its last call.
   */
  hearChanges(): Promise<() => Promise<number>>
  /**
   * Prepares the next test: stops the workers, deletes all targets and attempts, and creates a new worker, which is not
   * started. Otherwise a check that the previous test has caused could run during the next one.
   */
  renew(): Promise<void>
  stop(): Promise<void>
}

/** Like `until`, with a longer timeout, because Docker engines are slow on a busy machine. */
export const eventually: typeof until = (what, probe) => until(what, probe, 40_000)

export interface TargetView {
  id: string
  container: string
  origin: string
  state: string
  lastError: string | null
  restartsInWindow: number
  services: string[]
  nextActionAt: string | null
}

export interface AttemptView {
  id: string
  container: string
  action: string
  trigger: string
  outcome: string
  message: string
  exitCode: number | null
  oomKilled: boolean | null
  logTail: string | null
  durationMs: number | null
  stillHealthyAfter: boolean | null
}

export const TARGET = 'id container origin state lastError restartsInWindow services nextActionAt'
export const ATTEMPT =
  'id container action trigger outcome message exitCode oomKilled logTail durationMs stillHealthyAfter'

export async function startHealingApp(
  { host }: Pick<TestEngine, 'host'>,
  env: Record<string, string> = {},
): Promise<HealingApp> {
  const clock = createTestClock()
  const app = await startTestApp({
    clock,
    env: {
      AUTOHEAL_MODE: 'heal',
      DOCKER_HOST: host,
      AUTOHEAL_START_PERIOD_SECONDS: '0',
      AUTOHEAL_STOP_TIMEOUT_SECONDS: '2',
      PROBE_ALLOWED_CIDRS: '127.0.0.0/8',
      ...env,
    },
  })
  const loops: OpsLoop[] = []
  const another = async () => {
    const loop = await createOpsLoop(app.core, app.pipeline)
    loops.push(loop)
    return loop
  }
  const stopLoops = () => Promise.all(loops.splice(0).map((one) => one.stop(5_000)))
  let loop = await another()
  const target = async (container: string) => {
    const { autoHeal } = await app.ok<{ autoHeal: { targets: TargetView[] } }>(`{ autoHeal { targets { ${TARGET} } } }`)
    return autoHeal.targets.find((one) => one.container === container)
  }
  const attempts = async (container?: string) => {
    const { autoHeal } = await app.ok<{ autoHeal: { history: { nodes: AttemptView[] } } }>(
      `query ($filter: HealAttemptFilter) { autoHeal { history(filter: $filter) { nodes { ${ATTEMPT} } } } }`,
      { filter: container ? { containers: [container] } : {} },
    )
    return autoHeal.history.nodes.reverse()
  }
  const healer = () => {
    if (!loop.healer) throw new Error('auto-heal is off')
    return loop.healer
  }
  /** Waits, and makes checks a second apart meanwhile. */
  const passing = (what: string, probe: () => Promise<boolean>) =>
    eventually(what, async () => {
      if (await probe()) return true
      clock.advance(1_000)
      await healer().check('verify')
      return false
    })
  return {
    app,
    clock,
    get loop() {
      return loop
    },
    get healer() {
      return healer()
    },
    another,
    async check(kind = 'interval') {
      clock.advance(20_000)
      await healer().check(kind)
    },
    target,
    attempts,
    async events(service) {
      const rows = await app.sql<{ type: string }>(
        `SELECT type FROM events WHERE source = 'aether-auto-heal' AND subject = $1 ORDER BY seq`,
        [service],
      )
      return rows.map(({ type }) => type)
    },
    reaches: (container, state) =>
      eventually(`${container} is ${state}`, async () => {
        const found = await target(container)
        return found?.state === state && found
      }),
    settle: (containers) =>
      passing(`${containers} are healthy`, async () => {
        const targets = await Promise.all(containers.map(target))
        return targets.every((one) => one?.state === 'HEALTHY')
      }),
    healed: (container, count) =>
      passing(`${container} is healed ${count} times`, async () => {
        const ended = await attempts(container)
        return ended.length === count && ended.at(-1)?.outcome === 'SUCCEEDED'
      }),
    async stormBrake() {
      return (await app.ok<{ autoHeal: { stormBrake: boolean } }>('{ autoHeal { stormBrake } }')).autoHeal.stormBrake
    },
    async docker() {
      const { autoHeal } = await app.ok<{
        autoHeal: { docker: { name: string; status: string; message: string | null } }
      }>('{ autoHeal { docker { name status message } } }')
      return autoHeal.docker
    },
    hearChanges: () => hearChanges(app),
    async renew() {
      await stopLoops()
      await app.sql('TRUNCATE heal_targets, heal_attempts')
      await app.sql('UPDATE healer SET storm_since = NULL, lease_until = NULL')
      loop = await another()
    },
    async stop() {
      await stopLoops()
      await app.stop()
    },
  }
}

async function hearChanges({ core: { pubsub } }: TestApp): Promise<() => Promise<number>> {
  const heard: (string | null)[] = []
  pubsub.subscribe(CHANNELS.health, (message) => heard.push(message))
  await eventually('subscribed', async () => {
    await pubsub.publish(CHANNELS.health, 'first')
    return heard.includes('first')
  })
  return async () => {
    // Messages arrive in their order, so nothing that was published before the mark comes after it.
    const mark = newId()
    await pubsub.publish(CHANNELS.health, mark)
    await eventually('the mark', () => heard.includes(mark))
    return heard.splice(0, heard.indexOf(mark) + 1).filter((message) => message === '').length
  }
}
