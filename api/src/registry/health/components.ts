import type { HealthStatus } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import { withinTime } from '../../kit/async/within-time.ts'
import type { JobStats } from '../../kit/jobs/jobs.ts'
import { statusOfBody } from '../probe/body.ts'
import { componentSubject, recordSamples, type Sample } from './history.ts'

/** The result of checking one component of the platform. */
export interface ComponentHealth {
  name: string
  status: HealthStatus
  /** How long the component took to respond, in milliseconds; null if there was no response. */
  latencyMs: number | null
  /** A description for people. */
  message: string | null
}

/** Checks one component, or all components of a kind. Never rejects. */
export type ComponentCheck = () => Promise<ComponentHealth[]>

const LIMIT_MS = 3_000
/** A job that has waited for longer than this is late: no workers run, or too few. */
const LATE_JOB_MS = 60_000

/** The checks of PostgreSQL, Redis, the job queues in Redis, and the web console if UI_HEALTH_URL is set. */
export function platformComponents(core: Pick<AppContext, 'db' | 'redis' | 'jobs' | 'env'>): ComponentCheck[] {
  const { UI_HEALTH_URL } = core.env
  return [
    ...(UI_HEALTH_URL === undefined ? [] : [async () => [await check('web', () => askWeb(UI_HEALTH_URL))]]),
    async () => [await check('postgres', () => core.db.query('SELECT 1'))],
    async () => [await check('redis', () => core.redis.ping())],
    async () => {
      const began = performance.now()
      try {
        const kinds = await withinTime(core.jobs.stats(), LIMIT_MS, tooSlow)
        // Leaves out periodic jobs, which share one queue.
        const queues = kinds.filter(({ sinceSuccessMs }) => sinceSuccessMs === null)
        return queues.map((queue) => queueHealth(queue, performance.now() - began))
      } catch {
        return [
          { name: 'queues', status: 'DOWN', latencyMs: null, message: 'Redis, which stores them, does not answer' },
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

/** Requests the health URL of the web console. Rejects if the console does not report that it is well. */
async function askWeb(url: string): Promise<void> {
  const { host } = new URL(url)
  const signal = AbortSignal.timeout(LIMIT_MS)
  const response = await fetch(url, {
    redirect: 'manual',
    headers: { 'user-agent': 'aetherlink-probe' },
    signal,
  }).catch(() => {
    throw new Error(signal.aborted ? tooSlow().message : `no connection to ${host}`)
  })
  if (!response.ok) throw new Error(`${host} answered ${response.status}`)
  const { status, error } = statusOfBody(await response.text(), host)
  if (status !== 'OK') throw new Error(error ?? status)
}

const tooSlow = () => new Error(`no answer within ${LIMIT_MS / 1_000} s`)

const rounded = (ms: number) => Math.round(ms * 10) / 10

/** The present health of all components, in the order of `checks`. */
export async function checkComponents(checks: readonly ComponentCheck[]): Promise<ComponentHealth[]> {
  return (await Promise.all(checks.map((check) => check()))).flat()
}

/** Maximum number of samples that wait while PostgreSQL is down. That is about an hour for a dozen components. */
const MAX_WAITING = 3_000

/**
 * Returns a function that checks all components and stores the results. If PostgreSQL is down, the results are stored
 * after a later check.
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
