import type { Observation } from '../decide/assess.ts'

/** An event of Docker, reduced to the fields that show how containers end. */
export interface EngineEvent {
  containerId: string
  /** start, die, kill, stop, oom, destroy, "health_status: unhealthy" and so on. */
  action: string
  /** The signal of a kill, as a number or a name. */
  signal: string | null
  /**
   * Nanoseconds since the epoch by the engine's clock. It is a text, because a JavaScript number is not precise enough.
   */
  timeNano: string
}

interface Ending {
  /** Milliseconds since the epoch, by the engine's clock. */
  killedAt: number | null
  diedAt: number | null
  stoppedAt: number | null
}

/** If a container ends within this time after a signal that ends processes, the signal is the cause. */
const KILL_MS = 60_000
/** When the engine shuts down, it stops its containers at most this long before its event stream breaks. */
const SHUTDOWN_MS = 30_000
/**
 * Two times of a container's end that differ by less are the same end: Docker records and reports it at different
 * moments.
 */
const SAME_END_MS = 5_000
const MAX_CONTAINERS = 10_000

/** SIGINT, SIGQUIT, SIGKILL, SIGTERM. */
const ENDING_SIGNALS = new Set(['2', '3', '9', '15', 'SIGINT', 'SIGQUIT', 'SIGKILL', 'SIGTERM'])

/**
 * Remembers how containers ended. Docker does not store who stopped a container, but its events show that. `docker
 * stop` and `docker kill` cause a `kill` event before the `die` event; `docker stop` also causes a `stop` event after
 * it. A process that ends by itself causes only a `die` event.
 */
export interface Endings {
  note(event: EngineEvent): void
  /**
   * The engine has restarted: it, and no person, stopped the containers that ended just before the event stream broke.
   */
  engineRestarted(): void
  /** Names what ended the run of a container that ended at this time (milliseconds, by the engine's clock). */
  causeOf(containerId: string, finishedAt: number): Observation['endedBy']
}

export function createEndings(): Endings {
  const endings = new Map<string, Ending>()
  const byEngine = new Set<string>()
  let lastAt = 0

  const noted = (id: string): Ending => {
    const ending = endings.get(id) ?? { killedAt: null, diedAt: null, stoppedAt: null }
    // The entry moves to the end of the map, so that the oldest one is dropped first.
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
