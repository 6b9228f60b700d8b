import type { HealthStatus } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import { type ConflatedChannel, createConflatedChannel } from '../../kit/async/conflated-channel.ts'
import { CHANNELS } from '../../kit/pubsub.ts'
import type { ServiceRow } from '../announce.ts'
import { type ComponentCheck, type ComponentHealth, checkComponents } from './components.ts'

/** The health of the whole platform at one time. */
export interface PlatformHealth {
  status: HealthStatus
  checkedAt: Date
  services: ServiceRow[]
  components: ComponentHealth[]
}

export interface PlatformHealthReader {
  /**
   * The present health, at most a second old. While PostgreSQL is down, it contains the services as they were last
   * read.
   */
  read(): Promise<PlatformHealth>
  /**
   * The present health, then an update after each change, at most once a second. All subscribers get the same objects.
   */
  follow(): AsyncIterableIterator<PlatformHealth>
  close(): void
}

const FRESH_MS = 1_000
/** An update is sent at least this often, because latencies change without a message, and messages can be lost. */
const ANYWAY_MS = 5_000
/** Maximum number of services in a result. (The list of services has pages, but this result has none.) */
const MAX_SERVICES = 2_000

export function createPlatformHealth(
  core: Pick<AppContext, 'db' | 'clock' | 'pubsub' | 'log'>,
  checks: readonly ComponentCheck[],
): PlatformHealthReader {
  let lastServices: ServiceRow[] = []
  let latest: { at: number; health: Promise<PlatformHealth> } | null = null
  const followers = new Set<ConflatedChannel<PlatformHealth>>()
  let isChanged = false
  let sentAt = 0
  let stop: (() => void) | null = null

  const services = async () => {
    try {
      lastServices = await core.db.prisma.service.findMany({ orderBy: { name: 'asc' }, take: MAX_SERVICES })
    } catch (error) {
      core.log.warn({ err: error }, 'the services could not be read; their last known state is shown')
    }
    return lastServices
  }
  const measure = async (): Promise<PlatformHealth> => {
    const checkedAt = new Date(core.clock())
    const [rows, components] = await Promise.all([services(), checkComponents(checks)])
    return { status: overall(rows, components), checkedAt, services: rows, components }
  }
  const read = () => {
    if (!latest || performance.now() - latest.at >= FRESH_MS) latest = { at: performance.now(), health: measure() }
    return latest.health
  }

  const tick = async () => {
    if (!isChanged && performance.now() - sentAt < ANYWAY_MS) return
    isChanged = false
    sentAt = performance.now()
    const health = await read()
    for (const follower of followers) follower.put(health)
  }
  const start = () => {
    const unsubscribe = core.pubsub.subscribe(CHANNELS.health, () => {
      isChanged = true
    })
    const timer = setInterval(() => void tick(), FRESH_MS)
    timer.unref()
    return () => {
      clearInterval(timer)
      unsubscribe()
    }
  }
  const rest = () => {
    if (followers.size > 0) return
    stop?.()
    stop = null
  }

  return {
    read,
    follow() {
      const follower = createConflatedChannel<PlatformHealth>(
        (_waiting, later) => later,
        () => {
          followers.delete(follower)
          rest()
        },
      )
      followers.add(follower)
      stop ??= start()
      void read().then((health) => follower.put(health))
      return follower.read
    },
    close() {
      for (const { read: reading } of [...followers]) void reading.return?.()
      rest()
    },
  }
}

/**
 * The status of the platform. DOWN: PostgreSQL is down, and nothing works without it. DEGRADED: a service or another
 * component is down or degraded, and the rest of the platform still works.
 */
export function overall(
  services: readonly Pick<ServiceRow, 'status'>[],
  components: readonly Pick<ComponentHealth, 'name' | 'status'>[],
): HealthStatus {
  if (components.some(({ name, status }) => name === 'postgres' && status === 'DOWN')) return 'DOWN'
  const isTroubled = ({ status }: { status: HealthStatus }) => status === 'DOWN' || status === 'DEGRADED'
  return services.some(isTroubled) || components.some(isTroubled) ? 'DEGRADED' : 'OK'
}
