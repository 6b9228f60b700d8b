import type { Policy, Verdict } from './state.ts'

/**
 * The result of requesting a health URL. `doubt`: the reason why it could not be requested, for example because its
 * address is not allowed. The container is then judged as if it had no health URL.
 */
export type ProbeFinding = { ok: true; doubt?: string | undefined } | { ok: false; error: string }

/** The state of a container at one moment, according to Docker and the health URL. */
export interface Observation {
  status: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead'
  /** The status of Docker's health check; null if the container has none. */
  health: 'healthy' | 'unhealthy' | 'starting' | null
  exitCode: number
  oomKilled: boolean
  /** Names what ended the container, as far as Docker's events show. */
  endedBy: 'itself' | 'hand' | 'engine' | 'unknown'
  /** Milliseconds since this run of the container was first seen. */
  runningMs: number
  /** The newest result of the health URL in this run; null if it was not requested yet. */
  probe: ProbeFinding | null
  /** Whether the target has a health URL. */
  hasProbe: boolean
}

/** Exit codes after `docker kill` (128 + SIGKILL) and `docker stop` (128 + SIGTERM). */
const STOPPED_CODES = [137, 143]

/** Judges what a check saw. `null` means that the target has no container. */
export function assess(seen: Observation | null, policy: Policy): Verdict {
  if (seen === null) return { kind: 'missing' }
  switch (seen.status) {
    case 'running':
      return assessRunning(seen, policy)
    case 'restarting':
      return { kind: 'starting', reason: 'Docker is restarting it by its restart policy' }
    case 'paused':
      return { kind: 'left-alone', reason: 'paused by a user' }
    case 'created':
      return { kind: 'left-alone', reason: 'created but never started' }
    case 'removing':
      return { kind: 'missing' }
    case 'exited':
    case 'dead':
      return assessEnded(seen)
  }
}

function assessRunning(seen: Observation, policy: Policy): Verdict {
  if (seen.health === 'unhealthy')
    return { kind: 'unwell', trigger: 'docker-health', reason: 'health check fails', certain: true }
  if (seen.health === 'starting') return { kind: 'starting', reason: 'its health check has not passed yet' }
  if (seen.probe?.ok === false) {
    if (seen.runningMs < policy.startPeriodMs)
      return { kind: 'starting', reason: `in its start period; ${seen.probe.error}` }
    return { kind: 'unwell', trigger: 'probe', reason: seen.probe.error, certain: false }
  }
  if (seen.hasProbe && seen.probe === null) return { kind: 'starting', reason: 'its health URL was not requested yet' }
  const doubt = seen.probe?.doubt
  const hasSignal = seen.health !== null || (seen.hasProbe && doubt === undefined)
  if (!hasSignal && seen.runningMs < policy.settleMs)
    return {
      kind: 'starting',
      reason: doubt ?? 'it has neither a health check nor a health URL, and has only just started',
    }
  return doubt === undefined ? { kind: 'well' } : { kind: 'well', doubt }
}

function assessEnded({ exitCode, oomKilled, endedBy }: Observation): Verdict {
  if (endedBy === 'engine')
    return { kind: 'unwell', trigger: 'engine-restart', reason: 'it was stopped with the engine', certain: true }
  if (endedBy === 'hand') return { kind: 'left-alone', reason: 'stopped by a user' }
  if (exitCode === 0) return { kind: 'left-alone', reason: 'ended by itself with exit code 0' }
  if (oomKilled)
    return { kind: 'unwell', trigger: 'oom-killed', reason: 'killed because it ran out of memory (OOM)', certain: true }
  if (endedBy === 'unknown' && STOPPED_CODES.includes(exitCode))
    return {
      kind: 'left-alone',
      reason: `exit code ${exitCode}: probably stopped by a user while auto-heal did not watch`,
    }
  return { kind: 'unwell', trigger: 'exited', reason: `exited with code ${exitCode}`, certain: true }
}
