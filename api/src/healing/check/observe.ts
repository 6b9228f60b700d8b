import type { Observation, ProbeFinding } from '../decide/assess.ts'
import type { ContainerState } from '../docker/engine.ts'
import { NEW_RUN, type RunMemory } from '../targets/memory.ts'

/** The observations of a check about a container, before it is judged. */
export interface Sight {
  containerId: string
  state: ContainerState
  hasProbe: boolean
  /** The result of requesting the health URL in this check; undefined if this check did not request it. */
  probe: ProbeFinding | undefined
  /** Names what ended the run of a container that ended at this time, as far as Docker's events show. */
  causeOf: (containerId: string, finishedAt: number) => Observation['endedBy']
  now: number
  /** A restart takes at most this long. If a container ends within this time, the healer's restart caused that. */
  restartMs: number
}

/**
 * Combines what a check saw with what is remembered about the container's run. `sight` is null if there is no
 * container. Pure.
 */
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
 * When a run began, by this process's clock. A run of a known container begins when it is first seen. A container that
 * is seen for the first time may have been running for a long time, so the engine's start time counts.
 */
function beginningOf(before: RunMemory, { startedAt }: ContainerState, now: number): number {
  if (before.containerId !== null) return now
  const began = Date.parse(startedAt)
  return Number.isNaN(began) ? now : Math.min(began, now)
}

/** The clocks of Docker and the worker may differ by this much. */
const SKEW_MS = 2_000

function endingOf(before: RunMemory, sight: Sight): RunMemory['ending'] {
  const { containerId, state, causeOf, restartMs } = sight
  if (state.status !== 'exited' && state.status !== 'dead') return null
  const { finishedAt } = state
  const told = causeOf(containerId, finishedAt)
  // While the engine shuts down, its stops look like those of a user. Only its restart reveals them.
  if (told === 'engine') return { finishedAt, by: told }
  const isKnown = before.ending?.finishedAt === finishedAt && before.ending.by !== 'unknown'
  if (isKnown) return before.ending
  const { sentAt } = before
  // Docker stopped the container for a restart and could not start it again, so no person stopped it.
  const isOurs = sentAt !== null && finishedAt >= sentAt - SKEW_MS && finishedAt <= sentAt + restartMs + SKEW_MS
  return { finishedAt, by: told === 'hand' && isOurs ? 'itself' : told }
}
