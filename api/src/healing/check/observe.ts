import type { Observation } from '../decide/assess.ts'
import type { ContainerState } from '../docker/engine.ts'
import { NEW_RUN, type RunMemory } from '../targets/memory.ts'

/** One check of a container, before it is judged. */
export interface Sight {
  containerId: string
  state: ContainerState
  hasProbe: boolean
  /** The result of the health URL in this check; undefined if it was not requested. */
  probe: { ok: true } | { ok: false; error: string } | undefined
  /** Returns the party that ended the run that ended at a given time, as far as the event stream shows. */
  causeOf: (containerId: string, finishedAt: number) => Observation['endedBy']
  now: number
  /** A restart takes at most this long. The healer caused any end within it. */
  restartMs: number
}

/** Joins a check with the memory of the container. `sight` null: there is no container. Pure. */
export function observe(before: RunMemory, sight: Sight | null): { seen: Observation | null; run: RunMemory } {
  if (!sight) return { seen: null, run: NEW_RUN }
  const { containerId, state, hasProbe, now } = sight
  const isSameRun = before.containerId === containerId && before.startedAt === state.startedAt
  const run: RunMemory = {
    containerId,
    startedAt: state.startedAt,
    runSeenAt: isSameRun ? before.runSeenAt : beginningOf(before, state, now),
    probe: hasProbe ? (sight.probe ?? (isSameRun ? before.probe : null)) : null,
    ending: endingOf(before, sight),
    sentAt: before.containerId === containerId ? before.sentAt : null,
  }
  const { status, health, exitCode, oomKilled } = state
  const endedBy = run.ending?.by ?? 'unknown'
  const seen = {
    status,
    health,
    exitCode,
    oomKilled,
    endedBy,
    runningMs: now - run.runSeenAt,
    probe: run.probe,
    hasProbe,
  }
  return { seen, run }
}

/**
 * The start of a run, by this process's clock: now, if the start is seen. A container that is seen for the first time
 * may have run for long, so the engine's clock counts for it.
 */
function beginningOf(before: RunMemory, { startedAt }: ContainerState, now: number): number {
  if (before.containerId !== null) return now
  const began = Date.parse(startedAt)
  return Number.isNaN(began) ? now : Math.min(began, now)
}

/** The clocks of engine and worker may differ by this much. */
const SKEW_MS = 2_000

function endingOf(before: RunMemory, sight: Sight): RunMemory['ending'] {
  const { containerId, state, causeOf, restartMs } = sight
  if (state.status !== 'exited' && state.status !== 'dead') return null
  const { finishedAt } = state
  const isKnown = before.ending?.finishedAt === finishedAt && before.ending.by !== 'unknown'
  if (isKnown) return before.ending
  const told = causeOf(containerId, finishedAt)
  const { sentAt } = before
  // Docker stopped it for a restart and could not start it again: no person stopped it.
  const isOurs = sentAt !== null && finishedAt >= sentAt - SKEW_MS && finishedAt <= sentAt + restartMs + SKEW_MS
  return { finishedAt, by: told === 'hand' && isOurs ? 'itself' : told }
}
