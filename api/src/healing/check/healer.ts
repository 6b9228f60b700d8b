import type Docker from 'dockerode'
import type { AppContext } from '../../app-context.ts'
import type { PublishInTransaction } from '../../events/publish/publish-in-transaction.ts'
import { newId } from '../../kit/ids.ts'
import { PROCESS_NAME } from '../../kit/process/process-name.ts'
import { CHANNELS } from '../../kit/pubsub.ts'
import { createEngine } from '../docker/engine.ts'
import { createEventStream } from '../docker/event-stream.ts'
import { ownContainerId } from '../docker/self.ts'
import { pruneAttempts } from './attempts.ts'
import { createInspector } from './inspect.ts'
import { type Lease, releaseLease, waitForLease } from './lease.ts'
import { createRestarter, restartsOf } from './restart.ts'
import { shareWaiting } from './share-waiting.ts'
import type { CheckKind, Findings, SurveyOptions } from './survey.ts'

export interface Healer {
  start(): void
  /** Ends the event stream, and waits at most `limitMs` for the work in progress, including restarts. */
  stop(limitMs: number): Promise<void>
  /** Runs one check. Resolves when the results are stored; restarts continue in the background. */
  check(kind: CheckKind): Promise<void>
}

/**
 * A check starts when no Docker event has arrived for `QUIET_MS`, but at most `GATHER_MS` after the first one. So when
 * six containers die at once, they are judged together, and a single container hardly waits.
 */
const QUIET_MS = 25
const GATHER_MS = 200
const VERIFY_EVERY_MS = 1_000
const UPKEEP_EVERY_MS = 3_600_000

/** Docker events that trigger a check. */
const INSPECTED_ACTIONS = new Set([
  'die',
  'oom',
  'stop',
  'start',
  'destroy',
  'pause',
  'unpause',
  'health_status: unhealthy',
  'health_status: healthy',
])

export interface HealerOptions extends Pick<SurveyOptions, 'probe' | 'registeredServices'> {
  docker: Docker
  publishInTransaction: PublishInTransaction
}

/**
 * Watches containers and restarts those that are down. Every worker with access to Docker has a healer. A lease ensures
 * that only one of them decides at a time.
 */
export function createHealer(
  core: AppContext,
  { docker, publishInTransaction, probe, registeredServices }: HealerOptions,
): Healer {
  const { log, pubsub } = core
  const engine = createEngine(docker)
  const restarter = createRestarter(core, engine)
  const ownId = ownContainerId()
  const inspector = createInspector(core, publishInTransaction, { engine, probe, registeredServices, ownId })
  const holder = `${PROCESS_NAME}:${newId().slice(-6)}`
  const underWay = new Set<Promise<unknown>>()
  let stopping = false
  let unsubscribe: (() => void) | undefined
  let gathering: { timer?: NodeJS.Timeout; until: number } | undefined
  let verifying: NodeJS.Timeout | undefined

  const track = <T>(work: Promise<T>): Promise<T> => {
    const tracked = work.finally(() => underWay.delete(tracked))
    underWay.add(tracked)
    return tracked
  }

  const run = (kind: CheckKind): void => {
    if (stopping) return
    void track(check(kind)).catch((error: unknown) =>
      log.warn({ err: error, kind }, 'a check of the containers failed; the next check retries'),
    )
  }
  const runSoon = () => {
    const now = performance.now()
    gathering ??= { until: now + GATHER_MS }
    clearTimeout(gathering.timer)
    gathering.timer = setTimeout(
      () => {
        gathering = undefined
        run('event')
      },
      Math.min(QUIET_MS, gathering.until - now),
    )
  }

  /** A check looks at the containers when it has the lease. Until then, it serves later calls too. */
  const check = shareWaiting<CheckKind>(async (kind, onLease) => {
    const findings = await inspector.prepare(kind)
    if (!findings) return
    const lease = await waitForLease(core, holder, kind, () => stopping)
    onLease()
    if (!lease) return
    try {
      await checkUnder(lease, kind, findings)
    } finally {
      await releaseLease(core, lease)
    }
  })

  const checkUnder = async (lease: Lease, kind: CheckKind, findings: Findings): Promise<void> => {
    const committed = await inspector.inspect(lease, kind, findings)
    if (!committed) return
    for (const restart of restartsOf(core, committed))
      void track(restarter.perform(lease, restart).then(() => run('verify')))
    if (committed.conclusions.some(({ decision }) => decision.state.healing)) verifySoon()
  }

  const verifySoon = () => {
    verifying ??= setTimeout(() => {
      verifying = undefined
      run('verify')
    }, VERIFY_EVERY_MS)
  }

  const stream = createEventStream(
    docker,
    {
      onEvent(event) {
        inspector.endings.note(event)
        // The events of a restart would make checks compete with it for the processor. A check follows it anyway.
        if (INSPECTED_ACTIONS.has(event.action) && !restarter.isRestarting(event.containerId)) runSoon()
      },
      onOpen({ engineRestarted }) {
        if (engineRestarted) inspector.endings.engineRestarted()
        else inspector.endings.streamOpened()
        runSoon()
      },
      onLost() {
        inspector.endings.streamLost()
        runSoon()
      },
    },
    log,
  )

  return {
    start() {
      unsubscribe = pubsub.subscribe(CHANNELS.healRequests, (message) => {
        if (message === REGULAR_CHECK) run('interval')
        else runSoon()
      })
      stream.start()
      run('interval')
      core.jobs.every('healing.upkeep', UPKEEP_EVERY_MS, () => pruneAttempts(core))
    },
    check,
    async stop(limitMs) {
      stopping = true
      clearTimeout(gathering?.timer)
      clearTimeout(verifying)
      unsubscribe?.()
      stream.stop()
      let limit: NodeJS.Timeout | undefined
      await Promise.race([
        Promise.allSettled(underWay),
        new Promise((resolve) => {
          limit = setTimeout(resolve, limitMs)
        }),
      ])
      clearTimeout(limit)
    },
  }
}

/** The message that starts the regular check in every healer. The lease ensures that one healer at a time checks. */
export const REGULAR_CHECK = 'regular'

/**
 * Requests the regular check at its interval. One of the workers sends the message to all, because it may have no access
 * to Docker itself (`healer` is null). While Redis is unavailable, this runs in each worker, and each healer checks by
 * itself. If the message is lost, the next one follows after an interval.
 */
export function scheduleRegularChecks(
  { jobs, pubsub, env }: Pick<AppContext, 'jobs' | 'pubsub' | 'env'>,
  healer: Pick<Healer, 'check'> | null,
): void {
  jobs.every('healing.look', env.AUTOHEAL_INTERVAL_SECONDS * 1_000, async () => {
    const isSent = await pubsub.publish(CHANNELS.healRequests, REGULAR_CHECK)
    if (!isSent) await healer?.check('interval')
  })
}
