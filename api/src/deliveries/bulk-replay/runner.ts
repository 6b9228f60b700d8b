import { z } from 'zod'
import type { AppContext } from '../../app-context.ts'
import { isDatabaseUnavailable } from '../../db/pool.ts'
import type { JobKind } from '../../kit/jobs/jobs.ts'
import { CHANNELS } from '../../kit/pubsub.ts'
import { Bell } from '../engine/bell.ts'
import { Likelihoods } from './likelihood.ts'
import { ReplayPace } from './pace.ts'
import { bulkReplaysById, lockBulkReplay, saveBulkReplay, skippedOf, withSkips } from './rows.ts'
import { settleFinished } from './settle.ts'
import { runStep, type StepParts } from './step.ts'

/** The job that runs one bulk replay until it is finished. */
export const BULK_REPLAY_JOB: JobKind<{ id: string }> = {
  name: 'bulk-replay',
  payload: z.object({ id: z.string() }),
}

/** Maximum number of bulk replays per worker. It can be high because a bulk replay mostly waits for outcomes. */
const CONCURRENCY = 100
const CHECK_EVERY_MS = 1_000
const SETTLE_EVERY_MS = 2_000
/**
 * The wait between steps. After a step that replayed deliveries it is at least MIN_WAIT_MS and the time in which a fast
 * receiver accepts half of them. It doubles after every other step. While outcomes arrive it is at most BUSY_WAIT_MS, so
 * that a window is refilled before it is empty. While a step finds nothing to do it is at most MAX_WAIT_MS.
 */
const MIN_WAIT_MS = 20
const BUSY_WAIT_MS = 100
const MAX_WAIT_MS = 500
/** Number of replays that a fast receiver accepts in a millisecond. */
const FAST_PER_MS = 3
/** How often the outcomes of retries are collected. Outcomes of first attempts are collected in every step. */
const RETRIES_EVERY_MS = 2_000
const TELL_EVERY_MS = 250
/** After this many failed steps in a row a bulk replay fails. */
const MAX_FAILURES = 20

/**
 * Runs bulk replays in a worker. A Bull job assigns each bulk replay to one worker; the progress is stored in
 * PostgreSQL. If Redis loses a job, the job is added again within CHECK_EVERY_MS. Without Redis every worker runs all
 * bulk replays, and the row lock makes the workers take turns.
 */
export class BulkReplayRunner {
  private readonly core: AppContext
  private readonly bell: Bell
  private readonly running = new Map<string, Promise<void>>()
  /** One function for each bulk replay that waits for its next step. It ends the wait. */
  private readonly wakes = new Map<string, () => void>()
  private readonly stops: (() => Promise<void> | void)[] = []
  private isStopping = false

  constructor(core: AppContext) {
    this.core = core
    this.bell = new Bell(core)
  }

  start(): void {
    const { jobs, pubsub } = this.core
    jobs.process(BULK_REPLAY_JOB, { concurrency: CONCURRENCY, run: ({ id }, lockLost) => this.run(id, lockLost) })
    this.stops.push(
      jobs.every('bulk-replays.look', CHECK_EVERY_MS, () => this.addMissingJobs(), { onEveryWorker: true }),
      jobs.every('bulk-replays.settle', SETTLE_EVERY_MS, () => settleFinished(this.core)),
      pubsub.subscribe(CHANNELS.bulkReplayRequests, (id) => {
        if (id === null) for (const wake of this.wakes.values()) wake()
        else this.wakes.get(id)?.()
      }),
    )
  }

  /**
   * Finishes the steps in progress. The bulk replays are continued by another worker, or by this one after a restart.
   */
  async stop(): Promise<void> {
    this.isStopping = true
    for (const wake of this.wakes.values()) wake()
    await Promise.all([...this.stops.splice(0).map((stop) => stop()), ...this.running.values()])
  }

  /** Adds jobs for unfinished bulk replays that have none. */
  private async addMissingJobs(): Promise<void> {
    const rows = await this.core.db.query<{ id: string }>(`SELECT id FROM bulk_replays WHERE status = 'RUNNING'`)
    const missing = rows.filter(({ id }) => !this.running.has(id))
    if (missing.length === 0 || this.isStopping) return
    const isAdded = await this.core.jobs.add(BULK_REPLAY_JOB, missing, { idOf: ({ id }) => id })
    if (isAdded) return
    const untilRedis = new AbortController()
    for (const { id } of missing) void this.run(id, untilRedis.signal)
  }

  private run(id: string, lockLost: AbortSignal): Promise<void> {
    const running = this.running.get(id)
    if (running) return running
    const run = this.steps(id, lockLost).finally(() => this.running.delete(id))
    this.running.set(id, run)
    return run
  }

  private async steps(id: string, lockLost: AbortSignal): Promise<void> {
    const [row] = await bulkReplaysById(this.core.db.query, null, [id])
    if (!row) return
    const parts: StepParts = {
      core: this.core,
      bell: this.bell,
      pace: new ReplayPace(row.ratePerSecond, performance.now()),
      likelihoods: new Likelihoods(this.core),
      isSelected: false,
    }
    let wait = MIN_WAIT_MS
    let failures = 0
    let toldAt = 0
    let retriesAt = 0
    while (!this.isStopping && !lockLost.aborted) {
      const now = performance.now()
      const withRetries = now - retriesAt >= RETRIES_EVERY_MS
      if (withRetries) retriesAt = now
      try {
        const { result, replayed } = await runStep(parts, id, withRetries)
        failures = 0
        if (result === 'REPLAYED') wait = Math.min(BUSY_WAIT_MS, Math.max(MIN_WAIT_MS, replayed / 2 / FAST_PER_MS))
        else wait = Math.min(2 * wait, result === 'IDLE' ? MAX_WAIT_MS : BUSY_WAIT_MS)
        if (result === 'DONE' || (result !== 'IDLE' && now - toldAt >= TELL_EVERY_MS)) {
          toldAt = now
          void this.core.pubsub.publish(CHANNELS.bulkReplays, id)
        }
        if (result === 'DONE') return
      } catch (error) {
        this.core.log.warn({ err: error, bulkReplay: id }, 'a step of a bulk replay failed and is retried')
        if (!isDatabaseUnavailable(error) && ++failures >= MAX_FAILURES) return this.giveUp(id, error)
        wait = MAX_WAIT_MS
      }
      await this.pause(id, wait)
    }
  }

  private async giveUp(id: string, error: unknown): Promise<void> {
    const message = error instanceof Error ? error.message : String(error)
    await this.core.db.transaction(async (client) => {
      const row = await lockBulkReplay(client, id)
      if (row?.status !== 'RUNNING') return
      const skips = withSkips(row.skips, 'STOPPED', row.total - row.replayed - skippedOf(row))
      await saveBulkReplay(client, { ...row, status: 'FAILED', error: message, skips })
    })
    void this.core.pubsub.publish(CHANNELS.bulkReplays, id)
  }

  private pause(id: string, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer)
        this.wakes.delete(id)
        resolve()
      }
      const timer = setTimeout(end, ms)
      this.wakes.set(id, end)
      if (this.isStopping) end()
    })
  }
}
