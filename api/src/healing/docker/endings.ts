import type { Observation } from '../decide/assess.ts'

/** A message of Docker's event stream, reduced to the fields that show how containers end. */
export interface EngineEvent {
  containerId: string
  /** start, die, kill, stop, oom, destroy, "health_status: unhealthy" and so on. */
  action: string
  /** The number or name of the signal of a kill. */
  signal: string | null
  /** Nanoseconds since the epoch by the engine's clock, as text: a number cannot hold them. */
  timeNano: string
}

interface Ending {
  /** Milliseconds, by the engine's clock. */
  killedAt: number | null
  diedAt: number | null
  stoppedAt: number | null
}

/** A signal that ends a process is the cause of an end that follows within this time. */
const KILL_MS = 60_000
/** An engine that shuts down stops its containers within this time before its event stream breaks. */
const SHUTDOWN_MS = 30_000
/** Docker records the end of a container and reports it at slightly different moments. */
const SAME_END_MS = 5_000
const MAX_CONTAINERS = 10_000

/** SIGINT, SIGQUIT, SIGKILL, SIGTERM. */
const ENDING_SIGNALS = new Set(['2', '3', '9', '15', 'SIGINT', 'SIGQUIT', 'SIGKILL', 'SIGTERM'])

/**
 * Remembers how containers ended. Docker does not store who stopped a container, but its events show it: `docker stop`
 * and `docker kill` send a kill before the die, `stop` sends one more event after it, and a process that ends by itself
 * sends only a die.
 */
export interface Endings {
  note(event: EngineEvent): void
  /** The engine has restarted. It stopped the containers that ended just before its stream broke; no person did. */
  engineRestarted(): void
  /** Returns the party that ended the run of a container at this time (milliseconds, by the engine's clock). */
  causeOf(containerId: string, finishedAt: number): Observation['endedBy']
}

export function createEndings(): Endings {
  const endings = new Map<string, Ending>()
  const byEngine = new Set<string>()
  let lastAt = 0

  const noted = (id: string): Ending => {
    const ending = endings.get(id) ?? { killedAt: null, diedAt: null, stoppedAt: null }
    // The newest is last, so that the oldest is dropped first.
    endings.delete(id)
    endings.set(id, ending)
    const [oldest] = endings.keys()
    if (endings.size > MAX_CONTAINERS && oldest !== undefined) endings.delete(oldest)
    return ending
  }

  return {
    note({ containerId, action, signal, timeNano }) {
      const at = Number(timeNano.slice(0, -6))
      lastAt = Math.max(lastAt, at)
      switch (action) {
        case 'start':
        case 'destroy':
          endings.delete(containerId)
          byEngine.delete(containerId)
          break
        case 'kill':
          if (signal === null || ENDING_SIGNALS.has(signal)) noted(containerId).killedAt = at
          break
        case 'die':
          noted(containerId).diedAt = at
          break
        case 'stop':
          noted(containerId).stoppedAt = at
          break
      }
    },
    engineRestarted() {
      for (const [id, { stoppedAt, killedAt }] of endings)
        if (Math.max(stoppedAt ?? 0, killedAt ?? 0) > lastAt - SHUTDOWN_MS) byEngine.add(id)
    },
    causeOf(containerId, finishedAt) {
      if (byEngine.has(containerId)) return 'engine'
      const { killedAt = null, diedAt = null, stoppedAt = null } = endings.get(containerId) ?? {}
      if (diedAt === null || Math.abs(diedAt - finishedAt) > SAME_END_MS) return 'unknown'
      const isStopped = stoppedAt !== null && stoppedAt >= diedAt
      const isKilled = killedAt !== null && killedAt <= diedAt && diedAt - killedAt <= KILL_MS
      return isStopped || isKilled ? 'hand' : 'itself'
    },
  }
}
