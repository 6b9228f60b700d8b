import type { AppContext } from '../../../app-context.ts'
import type { Background } from '../background.ts'
import { wake } from '../backlog.ts'
import type { Heartbeat } from '../heartbeat.ts'
import { LaneJobs } from './lane-jobs.ts'
import type { WebhookLane } from './webhook-lane.ts'

/** Maximum number of lanes that a worker owns. */
export const MAX_LANES = 1_000
/** Above this share of MAX_LANES, a lane ends as soon as it has no work, and a lane that cannot send ends too. */
const CROWDED = 0.75
/**
 * A lane stays open for this long without work, so that a webhook that gets events continuously does not need a job for
 * each event.
 */
const LINGER_MS = 2_000
/**
 * A lane with a rate limit stays open at least this long, because the next owner would not know how many requests were
 * sent within the last second.
 */
const RATE_MEMORY_MS = 1_000
const TICK_MS = 250
const JOBS_END_LIMIT_MS = 1_000

/** A lane of this worker that ended a short time ago. */
interface EndedLane {
  at: number
  /** Whether the job must be added again, because the lane left work or the bell has rung for it since. */
  hasMore: boolean
  /** Whether the old job has been removed, so that the job can be added again. */
  isRemoved: boolean
}

export interface RegistryParts {
  core: AppContext
  background: Background
  heartbeat: Heartbeat
  createLane: (webhookId: string) => WebhookLane
  onEnd: (lane: WebhookLane) => void
}

/**
 * The lanes of this worker and their jobs. A worker owns a lane while it runs the lane's job. Without Redis there are
 * no jobs: every worker opens the lanes that it needs, and ends them when Redis is back. Because a lane has one owner,
 * the limits of a webhook apply to the whole installation. Ownership does not prevent that a delivery is sent twice;
 * claims do.
 */
export class LaneRegistry {
  private readonly parts: RegistryParts
  private readonly laneJobs: LaneJobs
  private readonly lanes = new Map<string, WebhookLane>()
  /** By webhook, for each lane that this worker owns: a function that ends the job. */
  private readonly endJob = new Map<string, () => void>()
  private readonly ended = new Map<string, EndedLane>()
  /** Webhooks whose jobs this stopping worker has ended and Bull has not removed yet. */
  private readonly handingOver = new Set<string>()
  /** Called when `handingOver` becomes empty. */
  private onHandedOver: (() => void) | undefined
  private timer: NodeJS.Timeout | undefined
  private isStopping = false

  constructor(parts: RegistryParts) {
    this.parts = parts
    this.laneJobs = new LaneJobs(parts.core.jobs)
  }

  start(): void {
    this.timer = setInterval(() => this.tick(), TICK_MS)
  }

  all(): Iterable<WebhookLane> {
    return this.lanes.values()
  }

  get(webhookId: string): WebhookLane | undefined {
    return this.lanes.get(webhookId)
  }

  /** The lane of a webhook, if it is open in this worker. */
  open(webhookId: string): WebhookLane | undefined {
    const lane = this.lanes.get(webhookId)
    return lane?.isOpen ? lane : undefined
  }

  /** Opens a lane in this worker without a job. */
  openWithoutJob(webhookId: string): WebhookLane {
    const lane = this.laneOf(webhookId)
    if (!lane.isOpen) lane.open()
    return lane
  }

  /** Makes sure that this worker or another one owns these lanes. Without Redis they are opened in this worker. */
  async ensure(webhookIds: readonly string[]): Promise<void> {
    const missing: string[] = []
    for (const id of webhookIds) {
      const lane = this.open(id)
      if (lane) lane.lookAtBacklog()
      else missing.push(id)
    }
    if (this.isStopping || (await this.laneJobs.open(missing))) return
    for (const id of missing) this.openWithoutJob(id)
  }

  /** Runs the job of a lane. Resolves when the lane has ended. */
  run(webhookId: string, lockLost: AbortSignal): Promise<void> {
    // A worker without a connection to PostgreSQL leaves the lane to others. Their sweeps add the job again.
    if (this.isStopping || this.parts.heartbeat.isStale) return Promise.resolve()
    // Redis may lose a job. If the job is then added again and this worker gets it once more, the first run ends.
    this.endJob.get(webhookId)?.()
    this.ended.delete(webhookId)
    const lane = this.laneOf(webhookId)
    return new Promise((resolve) => {
      const onLost = () => {
        this.parts.core.log.info({ webhook: webhookId }, 'the lock of a lane was lost; the lane ends here')
        this.end(lane)
        // Bull does not call the end handler of a job that has lost its lock.
        this.jobRemoved(webhookId)
      }
      this.endJob.set(webhookId, () => {
        lockLost.removeEventListener('abort', onLost)
        this.endJob.delete(webhookId)
        resolve()
      })
      lockLost.addEventListener('abort', onLost)
      lane.open()
    })
  }

  /**
   * Called when the job of a lane that ended here has been removed. If the lane left work, the job is added again, for
   * any worker.
   */
  jobRemoved(webhookId: string): void {
    if (this.handingOver.delete(webhookId)) {
      this.addAgain(webhookId)
      if (this.handingOver.size === 0) this.onHandedOver?.()
      return
    }
    const ended = this.ended.get(webhookId)
    if (!ended) return
    ended.isRemoved = true
    if (ended.hasMore) this.addAgain(webhookId)
  }

  /**
   * Called when the bell rang for a lane that is not open here. If the lane has just ended here, its old job may have
   * existed when the bell rang, so that no new job was added. Then the job is added again.
   */
  rang(webhookId: string): void {
    const ended = this.ended.get(webhookId)
    if (!ended) return
    ended.hasMore = true
    if (ended.isRemoved) this.addAgain(webhookId)
  }

  /**
   * Ends a lane that has no work, if this worker owns almost MAX_LANES lanes. A lane with a rate limit stays for some
   * time. A worker that is stopping hands the lane over.
   */
  quiet(lane: WebhookLane): void {
    if (this.isStopping) this.handOver(lane.webhookId)
    else if (lane.isOpen && this.isCrowded && lane.pace.limits.ratePerSecond === null) this.end(lane)
  }

  /**
   * Closes all lanes. They accept no more work and release everything that is not in flight. Each lane is handed over
   * when none of its requests is in flight any more, so a slow receiver delays only its own deliveries.
   */
  stop(): void {
    this.isStopping = true
    clearInterval(this.timer)
    for (const lane of this.lanes.values()) {
      if (lane.isOpen) this.wake(lane.close().dropped)
      if (lane.isQuiet) this.handOver(lane.webhookId)
    }
  }

  /** Hands over the lanes that are left. Waits until Bull has removed their jobs, at most JOBS_END_LIMIT_MS. */
  async handOverAll(): Promise<void> {
    for (const webhookId of this.endJob.keys()) this.handOver(webhookId)
    if (this.handingOver.size === 0) return
    await new Promise<void>((resolve) => {
      const limit = setTimeout(resolve, JOBS_END_LIMIT_MS)
      this.onHandedOver = () => {
        clearTimeout(limit)
        resolve()
      }
    })
  }

  /**
   * Ends the job of a lane when the leases that the lane gave up are released. When Bull has removed the job, it is
   * added again for another worker, even if the lane left no work: a publisher that has added it a moment ago would not
   * add it again for up to half a second.
   */
  private handOver(webhookId: string): void {
    if (!this.endJob.has(webhookId) || this.handingOver.has(webhookId)) return
    this.handingOver.add(webhookId)
    void this.parts.background.settled().then(() => this.endJob.get(webhookId)?.())
  }

  private laneOf(webhookId: string): WebhookLane {
    let lane = this.lanes.get(webhookId)
    if (!lane) {
      lane = this.parts.createLane(webhookId)
      this.lanes.set(webhookId, lane)
    }
    return lane
  }

  private get isCrowded(): boolean {
    return this.endJob.size > CROWDED * MAX_LANES
  }

  /** Ends lanes without work, and forgets lanes that have ended. */
  private tick(): void {
    const now = performance.now()
    for (const [id, { at }] of this.ended) if (now - at > LINGER_MS) this.ended.delete(id)
    const isReady = this.parts.core.jobs.isReady()
    for (const lane of this.lanes.values()) {
      const isOwned = this.endJob.has(lane.webhookId)
      if (!lane.isOpen) {
        if (lane.isIdle) this.lanes.delete(lane.webhookId)
      } else if (this.parts.heartbeat.isStale) this.end(lane)
      else if (this.isCrowded && lane.isStuck) this.end(lane, { isStuck: true })
      else if ((!isOwned && isReady) || lane.quietMs > this.lingerMs(lane)) this.end(lane)
    }
  }

  private lingerMs(lane: WebhookLane): number {
    if (!this.isCrowded) return LINGER_MS
    return lane.pace.limits.ratePerSecond === null ? 0 : RATE_MEMORY_MS
  }

  /**
   * Ends a lane. Its deliveries wait in the database for the next owner. If the lane is stuck, its job is not added
   * again, because another owner could not send either.
   */
  private end(lane: WebhookLane, { isStuck = false } = {}): void {
    const { webhookId } = lane
    const { dropped, hasMore } = lane.close()
    this.parts.onEnd(lane)
    this.ended.set(webhookId, { at: performance.now(), hasMore: hasMore && !isStuck, isRemoved: false })
    const endJob = this.endJob.get(webhookId)
    if (endJob) endJob()
    else this.jobRemoved(webhookId)
    if (!this.parts.core.jobs.isReady()) this.wake(dropped)
  }

  private addAgain(webhookId: string): void {
    this.ended.delete(webhookId)
    this.parts.background.run('opening a lane', async () => void (await this.laneJobs.add([webhookId])))
  }

  private wake(ids: readonly string[]): void {
    if (ids.length > 0) this.parts.background.run('handing back', () => wake(this.parts.core, ids))
  }
}
