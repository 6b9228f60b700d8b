import type { AppContext } from '../../../app-context.ts'
import type { Background } from '../background.ts'
import { wake } from '../backlog.ts'
import type { Heartbeat } from '../heartbeat.ts'
import { LaneJobs } from './lane-jobs.ts'
import type { WebhookLane } from './webhook-lane.ts'

/** Maximum number of lanes that a worker owns. */
export const MAX_LANES = 1_000
/** Above this share of MAX_LANES a lane ends as soon as it is quiet, and a stuck lane ends too. */
const CROWDED = 0.75
/** A lane stays for this long without work: a webhook that is used continuously costs no job for each event. */
const LINGER_MS = 2_000
/** A lane with a rate limit stays at least this long: its successor would not know the requests of the last second. */
const RATE_MEMORY_MS = 1_000
const TICK_MS = 250
const JOBS_END_LIMIT_MS = 1_000

/** A lane that ended here a short time ago. */
interface EndedLane {
  at: number
  /** It left work, or the bell rang for it since: its job has to be added again. */
  hasMore: boolean
  /** Its job is gone, so that it can be added again. */
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
 * The lanes of this worker and their jobs. A worker owns a lane while its job runs there. Without Redis there are no
 * jobs: a lane is then opened locally, and ends when Redis is back. The ownership enforces a webhook's limits for the
 * whole installation. It does not prevent two sends of one delivery; claims do that.
 */
export class LaneRegistry {
  private readonly parts: RegistryParts
  private readonly laneJobs: LaneJobs
  private readonly lanes = new Map<string, WebhookLane>()
  /** The functions that end the job of each lane that this worker owns. */
  private readonly endJob = new Map<string, () => void>()
  private readonly ended = new Map<string, EndedLane>()
  /** Called for each job that is removed while the worker stops. */
  private onRemoved: ((webhookId: string) => void) | undefined
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

  /** The lane, if it takes work here. */
  open(webhookId: string): WebhookLane | undefined {
    const lane = this.lanes.get(webhookId)
    return lane?.isOpen ? lane : undefined
  }

  /** Opens a lane here without a job. */
  openWithoutJob(webhookId: string): WebhookLane {
    const lane = this.laneOf(webhookId)
    if (!lane.isOpen) lane.open()
    return lane
  }

  /** Makes sure that these lanes have an owner, this worker or another. Without Redis they are opened here. */
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

  /** Runs the job of a lane: resolves when the lane has ended. */
  run(webhookId: string, lockLost: AbortSignal): Promise<void> {
    // A worker without a connection to Postgres leaves its lanes to the others, whose sweeps add the jobs again.
    if (this.isStopping || this.parts.heartbeat.isStale) return Promise.resolve()
    // The job was lost and added again, and this worker got it again.
    this.endJob.get(webhookId)?.()
    this.ended.delete(webhookId)
    const lane = this.laneOf(webhookId)
    return new Promise((resolve) => {
      const onLost = () => {
        this.parts.core.log.info({ webhook: webhookId }, 'the lock of a lane was lost; the lane ends here')
        this.end(lane)
        // Bull does not report the end of a job without a lock.
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

  /** The job of a lane that ended here is gone. If work is left, it is added again for any worker. */
  jobRemoved(webhookId: string): void {
    this.onRemoved?.(webhookId)
    const ended = this.ended.get(webhookId)
    if (!ended) return
    ended.isRemoved = true
    if (ended.hasMore) this.addAgain(webhookId)
  }

  /**
   * The bell rang for a lane that is not open here. The sender may have seen the job of a lane that was about to end.
   */
  rang(webhookId: string): void {
    const ended = this.ended.get(webhookId)
    if (!ended) return
    ended.hasMore = true
    if (ended.isRemoved) this.addAgain(webhookId)
  }

  /** A quiet lane ends at once when lanes are scarce. */
  quiet(lane: WebhookLane): void {
    if (lane.isOpen && this.isCrowded && lane.pace.limits.ratePerSecond === null) this.end(lane)
  }

  /**
   * Closes all lanes: they take no more work, and hand back everything that is not in flight. Returns the function that
   * ends their jobs.
   */
  stop(): () => Promise<void> {
    this.isStopping = true
    clearInterval(this.timer)
    const unfinished: string[] = []
    for (const lane of this.lanes.values()) {
      if (!lane.isOpen) continue
      const { dropped, hasMore } = lane.close()
      this.wake(dropped)
      if (hasMore) unfinished.push(lane.webhookId)
    }
    return async () => {
      await this.endJobs()
      await this.laneJobs.add(unfinished)
    }
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

  /** Ends lanes without work, and removes those that have ended. */
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
   * Ends a lane. Its deliveries wait in the database for the next owner. A stuck lane leaves nothing that another owner
   * could do now.
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
    if (!this.isStopping)
      this.parts.background.run('opening a lane', async () => void (await this.laneJobs.add([webhookId])))
  }

  private wake(ids: readonly string[]): void {
    if (ids.length > 0) this.parts.background.run('handing back', () => wake(this.parts.core, ids))
  }

  /** Ends the jobs of all lanes, and waits until Bull has removed them, for a limited time. */
  private async endJobs(): Promise<void> {
    const left = new Set(this.endJob.keys())
    if (left.size === 0) return
    await new Promise<void>((resolve) => {
      const limit = setTimeout(resolve, JOBS_END_LIMIT_MS)
      this.onRemoved = (webhookId) => {
        left.delete(webhookId)
        if (left.size > 0) return
        clearTimeout(limit)
        resolve()
      }
      for (const endJob of this.endJob.values()) endJob()
    })
  }
}
