import type { Healer } from '../../src/healing/check/healer.ts'
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
  target(container: string): Promise<TargetView | undefined>
  /** The finished attempts, oldest first. */
  attempts(container?: string): Promise<AttemptView[]>
  /** The types of the events that auto-heal published about a service, in order. */
  events(service: string): Promise<string[]>
  /** Resolves when the target is in this state. */
  reaches(container: string, state: string): Promise<TargetView>
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
  return {
    app,
    clock,
    get loop() {
      return loop
    },
    get healer() {
      if (!loop.healer) throw new Error('auto-heal is off')
      return loop.healer
    },
    another,
    target,
    async attempts(container) {
      const { autoHeal } = await app.ok<{ autoHeal: { history: { nodes: AttemptView[] } } }>(
        `query ($filter: HealAttemptFilter) { autoHeal { history(filter: $filter) { nodes { ${ATTEMPT} } } } }`,
        { filter: container ? { containers: [container] } : {} },
      )
      return autoHeal.history.nodes.reverse()
    },
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
