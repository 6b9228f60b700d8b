import Queue from 'bull'
import { Redis, type RedisOptions } from 'ioredis'
import type { z } from 'zod'
import { createHints } from './hints.ts'
import type { Log } from './log.ts'
import { SILENCE_MS } from './redis.ts'

/**
 * Jobs over Bull: the only file that knows it. A job is a name, a schema and a function; its payload is ids, never data.
 * Redis only makes things fast: whatever a job stands for can be found again in Postgres, so adding one may fail without
 * loss, and never makes its caller wait for a Redis that is away.
 */
export interface JobKind<Payload> {
  name: string
  payload: z.ZodType<Payload>
  /**
   * A wake-up call and no more: it goes over a plain list (hints.ts) instead of Bull, whose books on a job (four scripts, a
   * lock, events) cost more than handing on an id. It cannot be delayed, and is followed one at a time.
   */
  hint?: true
}

/** How much work waits in a queue. */
export interface QueueDepth {
  name: string
  waiting: number
  active: number
  delayed: number
  /** Age of the job that has waited longest; null where none waits, and for hints, which carry no time. */
  oldestWaitingMs: number | null
}

export interface Jobs {
  /** Enqueues; false when Redis is away (the sweep will find the work). Never throws, never waits for a reconnect. */
  add<Payload>(kind: JobKind<Payload>, payloads: readonly Payload[], options?: { delayMs?: number }): Promise<boolean>
  /** Starts consuming. `run` gets one payload at a time, up to `concurrency` at once (hints: one). */
  process<Payload>(kind: JobKind<Payload>, concurrency: number, run: (payload: Payload) => Promise<void>): void
  /**
   * Runs periodic work on one worker of many: at every multiple of `intervalMs` each worker adds a job with the id
   * `kind:floor(now / intervalMs)`, and Bull keeps the first. Unlike Bull's repeatable jobs this survives FLUSHALL. While Redis is
   * unavailable each worker runs the work itself, and a slow run may overlap the next one on another worker: work that must not
   * run twice at once takes a lock in Postgres. A failed run is logged; the next tick tries again. Call it once per kind, before
   * `close`.
   */
  every(kind: string, intervalMs: number, run: () => Promise<void>): void
  /** Counts of one kind, for health and metrics. Throws when Redis is away. */
  counts(kind: JobKind<unknown>): Promise<{ waiting: number; active: number; delayed: number; failed: number }>
  /** The queues that this process has used, and that of periodic work. Throws when Redis is unavailable. */
  queues(): Promise<QueueDepth[]>
  /** Stops taking jobs and waits for those under way, then closes the connections. A Redis that does not answer is not waited for. */
  close(): Promise<void>
}

const RETRY_MS = 2_000
const CLOSE_LIMIT_MS = 3_000
/** The queue of all periodic work; a job's name is its kind. */
const PERIODIC = 'periodic'
const PERIODIC_CONCURRENCY = 8
/** A worker that waits for jobs asks again after this. */
const BLOCK_SECONDS = 1

export function createJobs(options: { redisUrl: string; prefix: string; log: Log }): Jobs {
  const queues = new Map<string, Queue.Queue>()
  const hintNames = new Set<string>()
  const clients = new Set<Redis>()
  const retryStrategy = (times: number) => Math.min(50 * times, RETRY_MS)
  // A client that only sends commands fails at once while Redis is away; one that blocks on a list waits for it.
  const sending: RedisOptions = {
    retryStrategy,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    lazyConnect: false,
    socketTimeout: SILENCE_MS,
  }
  const blocking: RedisOptions = {
    retryStrategy,
    maxRetriesPerRequest: null,
    enableReadyCheck: false,
    socketTimeout: BLOCK_SECONDS * 1_000 + SILENCE_MS,
  }
  let sender: Redis | undefined
  /** While the sender connects for the first time. */
  let starting: Promise<void> | undefined
  let closing = false
  const periodicRuns = new Map<string, () => Promise<void>>()
  const timers = new Set<NodeJS.Timeout>()
  const localRuns = new Set<Promise<void>>()

  const client = (redisOptions: RedisOptions) => {
    const made = new Redis(options.redisUrl, redisOptions)
    made.on('error', (error) => options.log.debug({ err: error }, 'redis connection'))
    clients.add(made)
    return made
  }

  /** The one client that sends commands, for all queues and hints. */
  const sendingClient = () => {
    if (!sender) {
      sender = client(sending)
      starting = firstReady(sender).finally(() => {
        starting = undefined
      })
    }
    return sender
  }

  const hints = createHints({
    prefix: options.prefix,
    log: options.log,
    sender: async () => {
      const ready = sendingClient()
      if (starting) await starting
      return ready
    },
    taker: () => client(blocking),
    blockSeconds: BLOCK_SECONDS,
  })

  const queue = (name: string): Queue.Queue => {
    let found = queues.get(name)
    if (!found) {
      found = new Queue(name, {
        prefix: `{${options.prefix}}`,
        createClient: (type) => (type === 'client' ? sendingClient() : client(blocking)),
        // What a job stands for is found in Postgres: stalled ones need no rescue of Bull's.
        settings: { stalledInterval: 60_000, maxStalledCount: 0, drainDelay: BLOCK_SECONDS, guardInterval: 5_000 },
        defaultJobOptions: { removeOnComplete: true, removeOnFail: true, attempts: 1 },
      })
      found.on('error', (error) => options.log.debug({ err: error, queue: name }, 'queue'))
      queues.set(name, found)
    }
    return found
  }

  return {
    async add(kind, payloads, { delayMs } = {}) {
      if (payloads.length === 0 || closing) return payloads.length === 0
      try {
        const target = kind.hint ? null : queue(kind.name)
        if (sendingClient().status !== 'ready') {
          await starting
          if (sender?.status !== 'ready') return false
        }
        if (target === null) {
          hintNames.add(kind.name)
          await hints.add(kind.name, payloads)
          return true
        }
        const opts = delayMs ? { delay: delayMs } : undefined
        if (payloads.length === 1) await target.add(payloads[0], opts)
        else await target.addBulk(payloads.map((data) => ({ data, opts })))
        return true
      } catch (error) {
        options.log.warn(
          { err: error, queue: kind.name, jobs: payloads.length },
          'could not enqueue; the sweep will find the work',
        )
        return false
      }
    },
    process(kind, concurrency, run) {
      const follow = async (data: unknown) => {
        const parsed = kind.payload.safeParse(data)
        if (parsed.success) await run(parsed.data)
        else
          options.log.error(
            { queue: kind.name, issues: parsed.error.issues },
            'a job with an unknown payload is dropped',
          )
      }
      if (kind.hint) {
        hintNames.add(kind.name)
        return hints.take(kind.name, follow)
      }
      void queue(kind.name)
        .process(concurrency, (job: Queue.Job) => follow(job.data))
        .catch((error: unknown) => options.log.error({ err: error, queue: kind.name }, 'the queue stopped'))
    },
    every(kind, intervalMs, run) {
      let running: Promise<void> | undefined
      const runOnce = () => {
        running ??= run()
          .catch((error: unknown) =>
            options.log.warn({ err: error, kind }, 'periodic work failed; the next run tries again'),
          )
          .finally(() => {
            running = undefined
          })
        return running
      }
      if (periodicRuns.size === 0) {
        void queue(PERIODIC)
          .process('*', PERIODIC_CONCURRENCY, (job: Queue.Job) => periodicRuns.get(job.name)?.() ?? Promise.resolve())
          .catch((error: unknown) => options.log.error({ err: error, queue: PERIODIC }, 'the queue stopped'))
      }
      periodicRuns.set(kind, runOnce)
      const keptFor = { age: Math.ceil((2 * intervalMs) / 1_000) }
      const tick = async () => {
        const jobId = `${kind}:${Math.floor(Date.now() / intervalMs)}`
        try {
          if (sendingClient().status !== 'ready') throw new Error('Redis is unavailable')
          await queue(PERIODIC).add(kind, {}, { jobId, removeOnComplete: keptFor, removeOnFail: keptFor })
        } catch {
          if (closing) return
          const local = runOnce().finally(() => localRuns.delete(local))
          localRuns.add(local)
        }
      }
      const schedule = () => {
        const timer = setTimeout(
          () => {
            timers.delete(timer)
            if (closing) return
            schedule()
            void tick()
          },
          intervalMs - (Date.now() % intervalMs),
        )
        timers.add(timer)
      }
      schedule()
    },
    async counts(kind) {
      if (kind.hint) return { waiting: await hints.waiting(kind.name), active: 0, delayed: 0, failed: 0 }
      const counts = await queue(kind.name).getJobCounts()
      return { waiting: counts.waiting, active: counts.active, delayed: counts.delayed, failed: counts.failed }
    },
    async queues() {
      if (sendingClient().status !== 'ready') {
        await starting
        if (sender?.status !== 'ready') throw new Error('Redis is unavailable')
      }
      queue(PERIODIC)
      const ofHints = [...hintNames].map(async (name): Promise<QueueDepth> => {
        return { name, waiting: await hints.waiting(name), active: 0, delayed: 0, oldestWaitingMs: null }
      })
      return Promise.all([...[...queues].map(([name, one]) => depthOf(name, one)), ...ofHints])
    },
    async close() {
      closing = true
      for (const timer of timers) clearTimeout(timer)
      hints.close()
      let limit: NodeJS.Timeout | undefined
      await Promise.race([
        Promise.all([
          ...[...queues.values()].map((q) => q.close(!clientsReady(clients)).catch(() => undefined)),
          ...localRuns,
        ]),
        new Promise<void>((resolve) => {
          limit = setTimeout(resolve, CLOSE_LIMIT_MS)
        }),
      ])
      clearTimeout(limit)
      for (const c of clients) c.disconnect()
    },
  }
}

async function depthOf(name: string, queue: Queue.Queue): Promise<QueueDepth> {
  const [{ waiting, active, delayed }, [oldest]] = await Promise.all([
    queue.getJobCounts(),
    queue.getJobs(['waiting'], 0, 0, true),
  ])
  return { name, waiting, active, delayed, oldestWaitingMs: oldest ? Math.max(0, Date.now() - oldest.timestamp) : null }
}

const clientsReady = (clients: Set<Redis>) => [...clients].every((c) => c.status === 'ready')

/** Resolves once the client is ready, or after two seconds: jobs of a process that has just begun wait for no longer. */
function firstReady(client: Redis): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, RETRY_MS)
    client.once('ready', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
