import type { HealthStatus } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import type { JobStats } from '../../kit/jobs/jobs.ts'
import { withinTime } from '../../kit/within-time.ts'
import { componentSubject, recordSamples, type Sample } from './history.ts'

/** The result of one check of a component of the platform. */
export interface ComponentHealth {
  name: string
  status: HealthStatus
  /** Milliseconds of its response; null if no request was sent. */
  latencyMs: number | null
  /** A description for people. */
  message: string | null
}

/** Checks one component, or several of a kind. Never rejects. */
export type ComponentCheck = () => Promise<ComponentHealth[]>

const LIMIT_MS = 3_000
/** A job that has waited for longer than this is late: there are no workers, or too few. */
const LATE_JOB_MS = 60_000

/** PostgreSQL, Redis and the queues on it. */
export function platformComponents(core: Pick<AppContext, 'db' | 'redis' | 'jobs'>): ComponentCheck[] {
  return [
    async () => [await check('postgres', () => core.db.query('SELECT 1'))],
    async () => [await check('redis', () => core.redis.ping())],
    async () => {
      const began = performance.now()
      try {
        const kinds = await withinTime(core.jobs.stats(), LIMIT_MS, tooSlow)
        // Periodic work shares one queue.
        const queues = kinds.filter(({ sinceSuccessMs }) => sinceSuccessMs === null)
        return queues.map((queue) => queueHealth(queue, performance.now() - began))
      } catch {
        return [
          { name: 'queues', status: 'DOWN', latencyMs: null, message: 'Redis, which they are on, does not answer' },
        ]
      }
    },
  ]
}

function queueHealth(
  { kind, waiting, active, delayed, oldestWaitingMs }: JobStats,
  latencyMs: number,
): ComponentHealth {
  const isLate = (oldestWaitingMs ?? 0) > LATE_JOB_MS
  const age = oldestWaitingMs === null ? '' : `, the oldest for ${Math.round(oldestWaitingMs / 1_000)} s`
  return {
    name: `queue:${kind}`,
    status: isLate ? 'DEGRADED' : 'OK',
    latencyMs: rounded(latencyMs),
    message: `${waiting} waiting${age}; ${active} active, ${delayed} delayed`,
  }
}

async function check(name: string, ask: () => Promise<unknown>): Promise<ComponentHealth> {
  const began = performance.now()
  try {
    await withinTime(ask(), LIMIT_MS, tooSlow)
    return { name, status: 'OK', latencyMs: rounded(performance.now() - began), message: null }
  } catch (error) {
    const message = error instanceof Error ? error.message || error.name : String(error)
    return { name, status: 'DOWN', latencyMs: null, message: message.slice(0, 200) }
  }
}

const tooSlow = () => new Error(`no answer within ${LIMIT_MS / 1_000} s`)

const rounded = (ms: number) => Math.round(ms * 10) / 10

/** All components now, in the order of their checks. */
export async function checkComponents(checks: readonly ComponentCheck[]): Promise<ComponentHealth[]> {
  return (await Promise.all(checks.map((check) => check()))).flat()
}

/** Samples that wait while PostgreSQL is down: an hour of a dozen components. */
const MAX_WAITING = 3_000

/**
 * Checks all components and counts the results. Results that cannot be stored because PostgreSQL is down are stored
 * later.
 */
export function createComponentRecorder(
  core: Pick<AppContext, 'db' | 'clock'>,
  checks: readonly ComponentCheck[],
): () => Promise<void> {
  let waiting: Sample[] = []
  return async () => {
    const at = new Date(core.clock())
    for (const { name, status, latencyMs } of await checkComponents(checks))
      waiting.push({ subject: componentSubject(name), at, status, latencyMs })
    const taken = waiting
    waiting = []
    try {
      await recordSamples(core.db, taken)
    } catch (error) {
      waiting = [...taken, ...waiting].slice(-MAX_WAITING)
      throw error
    }
  }
}
