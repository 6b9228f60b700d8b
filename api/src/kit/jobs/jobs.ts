import Queue from 'bull'
import { Redis, type RedisOptions } from 'ioredis'
import type { Log } from '../log.ts'
import { SILENCE_MS } from '../redis.ts'
import { LOCK_MS, LockKeeper } from './job-locks.ts'
import type { AddOptions, EveryOptions, JobKind, JobOptions, JobStats, Jobs } from './job-types.ts'
import { onEveryTick, singleRun } from './periodic.ts'

export type { AddOptions, EveryOptions, JobKind, JobOptions, JobStats, Jobs } from './job-types.ts'

const RETRY_MS = 2_000
const CLOSE_LIMIT_MS = 3_000
/** The queue for all periodic work. The name of a job is its kind. */
const PERIODIC = 'periodic'
/** Maximum number of periodic runs at a time per worker. More would take PostgreSQL connections from deliveries. */
const PERIODIC_CONCURRENCY = 4
/** The interval at which an idle worker polls for jobs. */
const BLOCK_SECONDS = 1
/**
 * The interval of Bull's own lock renewal: the longest delay that a timer accepts, so it never runs. Bull's renewal
 * stops after its first error, so job-locks.ts renews the locks.
 */
const NEVER_MS = 2 ** 31 - 1
/** Maximum number of jobs that one transaction adds. Redis does nothing else during the transaction. */
const BULK = 500
const STALLED_CHECK_MS = 1_000

/** Jobs that use Bull. No other file imports Bull. */
export function createJobs(options: { redisUrl: string; prefix: string; log: Log }): Jobs {
  return new BullJobs(options)
}

class BullJobs implements Jobs {
  private readonly log: Log
  private readonly redisUrl: string
  private readonly prefix: string
  private readonly queues = new Map<string, Queue.Queue>()
  private readonly clients = new Set<Redis>()
  private readonly locks = new LockKeeper()
  private readonly periodic = new Map<string, () => Promise<void>>()
  private readonly stops = new Set<() => Promise<void>>()
  /** Connections that wait for jobs with a blocking command. */
  private readonly blocking = new Set<Redis>()
  private isPeriodicConsumed = false
  /** The connection for all other commands. All queues share it. */
  private readonly sender: Redis
  /** Set until the client has connected for the first time. */
  private starting: Promise<void> | undefined
  private closing = false

  constructor({ redisUrl, prefix, log }: { redisUrl: string; prefix: string; log: Log }) {
    this.redisUrl = redisUrl
    this.prefix = prefix
    this.log = log
    // Commands on this connection fail at once while Redis is unavailable. A blocking connection waits for Redis.
    this.sender = this.connect({ maxRetriesPerRequest: 1, enableOfflineQueue: false, socketTimeout: SILENCE_MS })
    this.starting = firstReady(this.sender).finally(() => {
      this.starting = undefined
    })
  }

  isReady(): boolean {
    return this.sender.status === 'ready'
  }

  async add<Payload>(
    kind: JobKind<Payload>,
    payloads: readonly Payload[],
    { delayMs, idOf }: AddOptions<Payload> = {},
  ): Promise<boolean> {
    if (payloads.length === 0 || this.closing) return payloads.length === 0
    try {
      const queue = this.queue(kind.name)
      if (!this.isReady()) await this.starting
      if (!this.isReady()) return false
      const jobs = payloads.map((data) => ({
        data,
        opts: { ...(delayMs !== undefined && { delay: delayMs }), ...(idOf && { jobId: idOf(data) }) },
      }))
      for (let i = 0; i < jobs.length; i += BULK) await queue.addBulk(jobs.slice(i, i + BULK))
      return true
    } catch (error) {
      this.log.warn(
        { err: error, queue: kind.name, jobs: payloads.length },
        'could not enqueue; the sweep will find the work',
      )
      return false
    }
  }

  process<Payload>(kind: JobKind<Payload>, { concurrency, run, onEnd }: JobOptions<Payload>): void {
    const queue = this.queue(kind.name)
    const payloadOf = (job: Queue.Job) => kind.payload.safeParse(job.data)
    const runJob = async (job: Queue.Job) => {
      const parsed = payloadOf(job)
      if (parsed.success) return this.locks.hold(lockId(job), job, (lockLost) => run(parsed.data, lockLost))
      this.log.error({ queue: kind.name, issues: parsed.error.issues }, 'a job with an unknown payload is dropped')
    }
    const ended = (job: Queue.Job) => {
      const parsed = payloadOf(job)
      if (parsed.success) onEnd?.(parsed.data)
    }
    queue.on('completed', ended)
    queue.on('failed', (job, error) => {
      this.log.warn({ err: error, queue: kind.name, job: job.id }, 'a job failed')
      this.countFailure(kind.name)
      ended(job)
    })
    this.consume(queue, () => queue.process(concurrency, runJob))
  }

  every(kind: string, intervalMs: number, work: () => Promise<void>, { onEveryWorker }: EveryOptions = {}) {
    const run = singleRun(kind, () => this.counted(kind, work), this.log)
    let current: Promise<void> | undefined
    const runHere = () => {
      current = run()
      return current
    }
    const queue = onEveryWorker ? undefined : this.periodicQueue()
    if (queue) this.periodic.set(kind, runHere)
    const keptFor = { age: Math.ceil((2 * intervalMs) / 1_000) }
    const stopTicks = onEveryTick(kind, intervalMs, (tick) => {
      if (this.closing) return
      if (!queue || !this.isReady()) return void runHere()
      queue.add(kind, {}, { jobId: `${kind}:${tick}`, removeOnComplete: keptFor, removeOnFail: keptFor }).catch(runHere)
    })
    const stop = async () => {
      stopTicks()
      this.periodic.delete(kind)
      this.stops.delete(stop)
      await current
    }
    this.stops.add(stop)
    return stop
  }

  async stats(): Promise<JobStats[]> {
    const [names, counters] = await Promise.all([
      this.sender.smembers(this.key('queues')),
      this.sender.hgetall(this.key('runs')),
    ])
    const failures = (kind: string) => Number(counters[`${kind} failures`] ?? 0)
    const queues = await Promise.all(
      [...new Set([PERIODIC, ...names, ...this.queues.keys()])].map(async (kind): Promise<JobStats> => {
        const queue = this.queue(kind)
        const [counts, [oldest]] = await Promise.all([queue.getJobCounts(), queue.getJobs(['waiting'], 0, 0, true)])
        const { waiting, active, delayed } = counts
        const oldestWaitingMs = oldest ? Math.max(0, Date.now() - oldest.timestamp) : null
        return { kind, waiting, active, delayed, oldestWaitingMs, failures: failures(kind), sinceSuccessMs: null }
      }),
    )
    const periodic = Object.entries(counters).flatMap(([field, value]): JobStats[] => {
      const [kind = '', what] = field.split(' ')
      if (what !== 'success') return []
      const sinceSuccessMs = Math.max(0, Date.now() - Number(value))
      const idle = { waiting: 0, active: 0, delayed: 0, oldestWaitingMs: null }
      return [{ kind, ...idle, failures: failures(kind), sinceSuccessMs }]
    })
    return [...queues, ...periodic].sort((a, b) => (a.kind < b.kind ? -1 : 1))
  }

  async pause(): Promise<void> {
    if (!this.isReady()) return
    await withinLimit(this.unblock([...this.queues.values()].map((queue) => queue.pause(true, true))))
  }

  async close(): Promise<void> {
    if (this.closing) return
    this.closing = true
    const queues = [...this.queues.values()]
    const isConnected = [...this.clients].every(({ status }) => status === 'ready')
    await withinLimit(Promise.all([...this.stops].map((stop) => stop())))
    await withinLimit(this.unblock(queues.map((queue) => queue.close(!isConnected))))
    this.locks.close()
    for (const client of this.clients) client.disconnect()
  }

  /** Runs periodic work and counts its failures and successes. */
  private async counted(kind: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.countFailure(kind)
      throw error
    }
    if (this.isReady()) this.sender.hset(this.key('runs'), `${kind} success`, Date.now()).catch(() => {})
  }

  private countFailure(kind: string): void {
    if (this.isReady()) this.sender.hincrby(this.key('runs'), `${kind} failures`, 1).catch(() => {})
  }

  private key(name: string): string {
    return `${this.prefix}:jobs:${name}`
  }

  private connect(redisOptions: RedisOptions): Redis {
    const client = new Redis(this.redisUrl, {
      retryStrategy: (times) => Math.min(50 * times, RETRY_MS),
      ...redisOptions,
    })
    client.on('error', (error) => this.log.debug({ err: error }, 'redis connection'))
    this.clients.add(client)
    return client
  }

  private blockingClient(): Redis {
    const client = this.connect({
      maxRetriesPerRequest: null,
      enableReadyCheck: false,
      socketTimeout: BLOCK_SECONDS * 1_000 + SILENCE_MS,
    })
    this.blocking.add(client)
    return client
  }

  /**
   * Ends blocking commands. Bull sends QUIT for this, but Redis reads that only after the blocking command has ended.
   * Closing the connection ends the command at once.
   */
  private async unblock(ending: readonly Promise<void>[]): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    for (const client of this.blocking) client.disconnect()
    await Promise.all(ending)
  }

  private queue(name: string): Queue.Queue {
    const existing = this.queues.get(name)
    if (existing) return existing
    const queue = new Queue(name, {
      prefix: `{${this.prefix}}`,
      createClient: (type) => (type === 'client' ? this.sender : this.blockingClient()),
      settings: {
        lockDuration: LOCK_MS,
        lockRenewTime: NEVER_MS,
        stalledInterval: STALLED_CHECK_MS,
        // The job of a dead worker is run again without limit, because PostgreSQL still contains its work.
        maxStalledCount: Number.MAX_SAFE_INTEGER,
        drainDelay: BLOCK_SECONDS,
        guardInterval: 5_000,
        retryProcessDelay: 1_000,
      },
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true, attempts: 1 },
    })
    queue.on('error', (error) => this.log.debug({ err: error, queue: name }, 'queue'))
    // Bull sets the name of the connection in a promise whose rejection is not handled.
    Object.defineProperty(queue, 'setWorkerName', { value: async () => {} })
    this.queues.set(name, queue)
    return queue
  }

  private periodicQueue(): Queue.Queue {
    const queue = this.queue(PERIODIC)
    if (this.isPeriodicConsumed) return queue
    this.isPeriodicConsumed = true
    this.consume(queue, () =>
      queue.process('*', PERIODIC_CONCURRENCY, (job: Queue.Job) =>
        this.locks.hold(lockId(job), job, async () => this.periodic.get(job.name)?.()),
      ),
    )
    return queue
  }

  /** Bull's promise resolves when the queue is closed, and rejects if the queue cannot start. */
  private consume(queue: Queue.Queue, start: () => Promise<void>): void {
    start().catch((error: unknown) => {
      if (!this.closing) this.log.error({ err: error, queue: queue.name }, 'a queue stopped')
    })
    const register = () => void this.sender.sadd(this.key('queues'), queue.name).catch(() => {})
    if (this.isReady()) register()
    this.sender.on('ready', register)
  }
}

const lockId = ({ queue, id }: Queue.Job) => `${queue.name}:${id}`

/**
 * Waits for `work`, but not longer than CLOSE_LIMIT_MS: an unresponsive Redis must not prevent the process from
 * exiting.
 */
async function withinLimit(work: Promise<unknown>): Promise<void> {
  let limit: NodeJS.Timeout | undefined
  const timeout = new Promise<void>((resolve) => {
    limit = setTimeout(resolve, CLOSE_LIMIT_MS)
  })
  await Promise.race([work.catch(() => {}), timeout])
  clearTimeout(limit)
}

/** Resolves when the client is ready, or after RETRY_MS, so that a new process delays its first jobs only briefly. */
function firstReady(client: Redis): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, RETRY_MS)
    client.once('ready', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
