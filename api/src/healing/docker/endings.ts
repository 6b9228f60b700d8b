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
  /** When the container got its first and its last ending signal. Milliseconds since the epoch, by the engine's clock. */
  askedAt: number | null
  killedAt: number | null
  diedAt: number | null
  stoppedAt: number | null
}

/** If a container ends within this time after a signal that ends processes, the signal is the cause. */
const KILL_MS = 60_000
/** When the engine shuts down, it stops its containers at most this long before its event stream breaks. */
const SHUTDOWN_MS = 30_000
/** When the engine shuts down, all containers get their first signal within this time. */
const SIGNALS_MS = 3_000
/** When the engine shuts down, its event stream breaks at most this long after the last container has ended. */
const EXIT_MS = 5_000
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
  /** The event stream broke, or could not be opened again. */
  streamLost(): void
  /** The event stream is open again. The engine was not restarted in between. */
  streamOpened(): void
  /**
   * The engine has restarted: it, and no person, stopped the containers that ended just before the event stream broke.
   * A check may have run in between and taken these ends for stops by a user, so this overrides its result.
   */
  engineRestarted(): void
  /** Names what ended the run of a container that ended at this time (milliseconds, by the engine's clock). */
  causeOf(containerId: string, finishedAt: number): Observation['endedBy']
}

/** `clock`: monotonic milliseconds of this process, by which the silence before the stream broke is measured. */
export function createEndings(clock: () => number = () => performance.now()): Endings {
  const endings = new Map<string, Ending>()
  const byEngine = new Set<string>()
  let lastAt = 0
  let lastEndSeen = Number.NEGATIVE_INFINITY
  let lostAt: number | null = null

  const noted = (id: string): Ending => {
    const ending = endings.get(id) ?? { askedAt: null, killedAt: null, diedAt: null, stoppedAt: null }
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
          if (signal === null || ENDING_SIGNALS.has(signal)) {
            const ending = noted(containerId)
            ending.askedAt ??= at
            ending.killedAt = at
          }
          break
        case 'die':
          noted(containerId).diedAt = at
          lastEndSeen = clock()
          break
        case 'stop':
          noted(containerId).stoppedAt = at
          break
      }
    },
    streamLost() {
      lostAt ??= clock()
    },
    streamOpened() {
      lostAt = null
    },
    engineRestarted() {
      const silentMs = (lostAt ?? clock()) - lastEndSeen
      lostAt = null
      // The engine was restarted while none of its containers ran, so it has stopped none.
      if (silentMs > EXIT_MS) return
      const recent = [...endings].flatMap(([id, { askedAt, stoppedAt }]) => {
        const at = askedAt ?? stoppedAt
        return at !== null && at > lastAt - SHUTDOWN_MS ? [{ id, at }] : []
      })
      const shutdownAt = Math.max(...recent.map(({ at }) => at))
      for (const { id, at } of recent) if (at >= shutdownAt - SIGNALS_MS) byEngine.add(id)
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
