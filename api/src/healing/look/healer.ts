import { hostname } from 'node:os'
import type Docker from 'dockerode'
import type { AppContext } from '../../app-context.ts'
import { newId } from '../../kit/ids.ts'
import { CHANNELS, publishIds } from '../../kit/pubsub.ts'
import { type Announcer, announceStorm } from '../announce.ts'
import { createEndings } from '../docker/endings.ts'
import { createEngine, messageOf } from '../docker/engine.ts'
import { createEventStream } from '../docker/event-stream.ts'
import { ownContainerId } from '../docker/self.ts'
import { policyOf } from '../policy.ts'
import { announceConclusions } from './announce-look.ts'
import { pruneAttempts } from './attempts.ts'
import { type Committed, commitLook, noteEngineDown } from './commit.ts'
import { conclude } from './conclude.ts'
import { type Lease, releaseLease, waitForLease } from './lease.ts'
import { performRestart, type Restart } from './restart.ts'
import { type LookKind, type SurveyOptions, survey } from './survey.ts'

export interface Healer {
  start(): void
  /** Ends the event stream and waits for work in progress, including restarts, for at most `limitMs`. */
  stop(limitMs: number): Promise<void>
  /** Looks once. Resolves when the results are stored; restarts go on. */
  look(kind: LookKind): Promise<void>
}

/** One look covers events that arrive together: of six containers that die at once, none is judged alone. */
const GATHER_MS = 100
const VERIFY_EVERY_MS = 1_000
/** A look waits this long for another worker's look. */
const LEASE_WAIT_MS = 10_000
const UPKEEP_EVERY_MS = 3_600_000

/** Docker events that trigger an inspection. */
const TELLING = new Set(['die', 'oom', 'stop', 'start', 'destroy', 'pause', 'unpause'])

export interface HealerOptions extends Pick<SurveyOptions, 'probe' | 'registeredServices'> {
  docker: Docker
  announcer: Announcer
}

/**
 * Watches containers and restarts those that are down. Every worker with access to Docker has a healer; a lease lets
 * one of them decide at a time.
 */
export function createHealer(
  core: AppContext,
  { docker, announcer, probe, registeredServices }: HealerOptions,
): Healer {
  const { env, log, pubsub } = core
  const engine = createEngine(docker)
  const policy = policyOf(env)
  const endings = createEndings()
  const surveyOptions: SurveyOptions = { engine, probe, registeredServices, ownId: ownContainerId() }
  const holder = `${hostname()}:${process.pid}:${newId().slice(-6)}`
  const underWay = new Set<Promise<unknown>>()
  let stopping = false
  let unsubscribe: (() => void) | undefined
  let gathering: NodeJS.Timeout | undefined
  let verifying: NodeJS.Timeout | undefined

  const track = <T>(work: Promise<T>): Promise<T> => {
    const tracked = work.finally(() => underWay.delete(tracked))
    underWay.add(tracked)
    return tracked
  }

  const run = (kind: LookKind): void => {
    if (stopping) return
    void track(look(kind)).catch((error: unknown) =>
      log.warn({ err: error, kind }, 'a look at the containers failed; the next one makes up for it'),
    )
  }
  const runSoon = () => {
    gathering ??= setTimeout(() => {
      gathering = undefined
      run('event')
    }, GATHER_MS)
  }

  const look = async (kind: LookKind): Promise<void> => {
    const lease = await waitForLease(core, holder, LEASE_WAIT_MS, () => stopping)
    if (!lease) return
    try {
      await lookUnder(lease, kind)
    } finally {
      await releaseLease(core, lease)
    }
  }

  const lookUnder = async (lease: Lease, kind: LookKind): Promise<void> => {
    if (kind === 'interval' && (await isTooSoon())) return
    const facts = { kind, mode: env.AUTOHEAL_MODE, intervalSeconds: env.AUTOHEAL_INTERVAL_SECONDS }
    const began = performance.now()
    const containers = await engine.list().catch(async (error: unknown) => {
      const isNew = await noteEngineDown(core, { ...facts, now: new Date(core.clock()) }, messageOf(error))
      if (isNew) {
        log.warn({ reason: messageOf(error) }, 'Docker cannot be reached')
        pubsub.publish(CHANNELS.health, '')
      }
      return null
    })
    if (!containers) return
    const dockerLatencyMs = performance.now() - began
    const surveyed = await survey(core, surveyOptions, containers, kind)
    const now = core.clock()
    const { conclusions, fleet } = conclude(surveyed, {
      kind,
      now,
      policy,
      causeOf: endings.causeOf,
      newAttemptId: newId,
    })
    const committed = await commitLook(core, lease, conclusions, fleet, {
      ...facts,
      dockerLatencyMs,
      now: new Date(now),
    })
    if (!committed) return
    tell(committed, fleet)
    for (const restart of restartsOf(committed))
      void track(performRestart(core, engine, lease, restart).then(() => run('verify')))
    if (committed.conclusions.some(({ decision }) => decision.state.healing)) verifySoon()
  }

  const tell = (committed: Committed, fleet: { failing: number; watched: number }) => {
    void track(announceConclusions(core, announcer, committed))
    publishIds(pubsub, CHANNELS.healAttempts, committed.endedIds)
    if (!committed.isNewStorm || !committed.stormSince) return
    const down = committed.conclusions.filter(({ decision }) => decision.state.isDown)
    announceStorm(announcer, {
      ...fleet,
      services: down.map(({ surveyed }) => surveyed.target.container).toSorted(),
      since: committed.stormSince,
    })
  }

  const restartsOf = ({ conclusions }: Committed): Restart[] =>
    conclusions.flatMap(({ surveyed: { stored, target, container }, decision }) => {
      if (!decision.restart || !container) return []
      const { attemptId } = decision.restart
      const deadline = decision.state.healing?.deadline ?? 0
      const stopSeconds = target.stopSeconds ?? env.AUTOHEAL_STOP_TIMEOUT_SECONDS
      // Docker has to answer before the attempt is given up.
      const limitMs = Math.max(1_000, deadline - core.clock() - 2_000)
      const { id: containerId, state } = container
      return [{ attemptId, targetId: stored.id, containerId, state, stopSeconds, limitMs, verifyMs: policy.verifyMs }]
    })

  const verifySoon = () => {
    verifying ??= setTimeout(() => {
      verifying = undefined
      run('verify')
    }, VERIFY_EVERY_MS)
  }

  /** Two workers may receive one message for a regular look. Failed probes must not count twice. */
  const isTooSoon = async (): Promise<boolean> => {
    const [row] = await core.db.query<{ last_check_at: Date | null }>('SELECT last_check_at FROM healer WHERE id = 1')
    const last = row?.last_check_at?.getTime()
    return last !== undefined && core.clock() - last < (env.AUTOHEAL_INTERVAL_SECONDS * 1_000) / 2
  }

  const stream = createEventStream(
    docker,
    {
      onEvent(event) {
        endings.note(event)
        if (
          TELLING.has(event.action) ||
          event.action === 'health_status: unhealthy' ||
          event.action === 'health_status: healthy'
        )
          runSoon()
      },
      onOpen({ engineRestarted }) {
        if (engineRestarted) endings.engineRestarted()
        runSoon()
      },
      onLost: runSoon,
    },
    log,
  )

  return {
    start() {
      unsubscribe = pubsub.subscribe(CHANNELS.healRequests, (message) => {
        if (message === REGULAR_LOOK) run('interval')
        else runSoon()
      })
      stream.start()
      run('interval')
      core.jobs.every('healing.upkeep', UPKEEP_EVERY_MS, () => pruneAttempts(core))
    },
    look,
    async stop(limitMs) {
      stopping = true
      clearTimeout(gathering)
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

/** The message that starts the regular look in every healer. The lease lets one of them make it. */
export const REGULAR_LOOK = 'regular'

/**
 * Requests the regular look at its interval. One of the workers sends the message, possibly one without access to
 * Docker: therefore the look is not made here. A lost message costs one interval.
 */
export function scheduleRegularLooks({ jobs, pubsub, env }: Pick<AppContext, 'jobs' | 'pubsub' | 'env'>): void {
  jobs.every('healing.look', env.AUTOHEAL_INTERVAL_SECONDS * 1_000, async () => {
    await pubsub.publish(CHANNELS.healRequests, REGULAR_LOOK)
  })
}
