import type { AppContext } from '../../app-context.ts'
import type { ContainerState, Engine } from '../docker/engine.ts'
import { messageOf, statusOf } from '../docker/engine.ts'
import { policyOf } from '../policy.ts'
import { changeMemory } from '../targets/store.ts'
import { markSent } from './attempts.ts'
import type { Committed } from './commit.ts'
import type { Lease } from './lease.ts'

/** A restart that has been decided and stored, but not made yet. */
export interface Restart {
  attemptId: string
  targetId: string
  containerId: string
  state: ContainerState
  stopSeconds: number
  /** How long Docker may take for the restart, in milliseconds. */
  limitMs: number
  /** How long the container then has to become healthy, in milliseconds. */
  verifyMs: number
}

/** The restarts that a check has decided. */
export function restartsOf(core: AppContext, { conclusions }: Committed): Restart[] {
  const { verifyMs } = policyOf(core.env)
  return conclusions.flatMap(({ surveyed: { stored, target, container }, decision }) => {
    if (!decision.restart || !container) return []
    const { attemptId } = decision.restart
    const deadline = decision.state.healing?.deadline ?? 0
    const stopSeconds = target.stopSeconds ?? core.env.AUTOHEAL_STOP_TIMEOUT_SECONDS
    // Docker's time limit ends before the deadline of the attempt.
    const limitMs = Math.max(1_000, deadline - core.clock() - 2_000)
    const { id: containerId, state } = container
    return [{ attemptId, targetId: stored.id, containerId, state, stopSeconds, limitMs, verifyMs }]
  })
}

export interface Restarter {
  /** See performRestart(). */
  perform(lease: Lease, restart: Restart): Promise<void>
  /** Whether a container is being restarted: Docker has not answered yet. */
  isRestarting(containerId: string): boolean
}

export function createRestarter(core: AppContext, engine: Engine): Restarter {
  const containerIds = new Set<string>()
  return {
    async perform(lease, restart) {
      containerIds.add(restart.containerId)
      await performRestart(core, engine, lease, restart)
      containerIds.delete(restart.containerId)
    },
    isRestarting: (containerId) => containerIds.has(containerId),
  }
}

/**
 * Stores the evidence, restarts the container, and records Docker's answer. A later check finds out how the attempt
 * ended. Never rejects. If the answer cannot be stored, because the database is unavailable, the attempt ends at its
 * deadline.
 */
async function performRestart(core: AppContext, engine: Engine, lease: Lease, restart: Restart): Promise<void> {
  const { attemptId, containerId, state, stopSeconds, limitMs } = restart
  try {
    const evidence = await engine.evidence(containerId, state)
    if (!(await markSent(core, attemptId, lease, evidence))) return
    const sentAt = core.clock()
    const error = await ask(engine, containerId, state, stopSeconds, limitMs)
    await noteAnswer(core, restart, sentAt, error)
  } catch (error) {
    core.log.warn({ err: error, attemptId }, 'a restart could not be recorded; its attempt ends at its deadline')
  }
}

async function ask(
  engine: Engine,
  containerId: string,
  state: ContainerState,
  stopSeconds: number,
  limitMs: number,
): Promise<string | null> {
  try {
    const isRunning = state.status === 'running' || state.status === 'paused'
    if (isRunning) await engine.restart(containerId, stopSeconds, limitMs)
    else await engine.start(containerId, limitMs)
    return null
  } catch (error) {
    const isRemoved = statusOf(error) === 404 || /marked for removal/.test(messageOf(error))
    return isRemoved ? 'the container was removed meanwhile' : `Docker could not restart it: ${messageOf(error)}`
  }
}

async function noteAnswer(core: AppContext, restart: Restart, sentAt: number, error: string | null): Promise<void> {
  const { attemptId, targetId, verifyMs } = restart
  await core.db.transaction((client) =>
    changeMemory(client, targetId, ({ state, run }) => {
      if (state.healing?.attemptId !== attemptId) return null // the deadline has already ended the attempt
      const verifying = { ...state.healing, phase: 'verifying' as const, deadline: core.clock() + verifyMs }
      const healing = error === null ? verifying : { ...state.healing, error }
      return { state: { ...state, healing }, run: { ...run, sentAt } }
    }),
  )
}
