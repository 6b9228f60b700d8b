import type { AppContext } from '../../../app-context.ts'
import type { Batcher } from '../../../kit/batch.ts'
import type { Target, Targets } from '../../../webhooks/target.ts'
import type { Background } from '../background.ts'
import { type BacklogPage, type BacklogRequest, park } from '../backlog.ts'
import { type Claimed, leaseCovers, release, type Ticket } from '../claim.ts'
import type { Heartbeat } from '../heartbeat.ts'
import { BacklogReader } from './backlog-reader.ts'
import { LanePace } from './lane-pace.ts'
import { TicketQueue } from './ticket-queue.ts'
import { TokenBucket } from './token-bucket.ts'

/** Dependencies that all lanes share: database statements are batched over the lanes. */
export interface LaneParts {
  core: AppContext
  targets: Targets
  heartbeat: Heartbeat
  background: Background
  claims: Batcher<Ticket, Claimed | null>
  readBacklog: Batcher<BacklogRequest, BacklogPage>
  /** A delivery is ready: the engine decides when this lane sends. */
  onReady: (lane: WebhookLane) => void
  /** The lane has nothing to do. */
  onQuiet: (lane: WebhookLane) => void
}

/**
 * The path of one webhook's deliveries through this worker: ticket -> claim -> ready -> request. Its tickets come from
 * the bell, from the sweep and from the backlog that it reads. They are copies; the rows in Postgres decide. A lane
 * shares nothing with other lanes, so a hanging receiver fills only its own lane.
 */
export class WebhookLane {
  readonly webhookId: string
  readonly pace = new LanePace()
  private readonly parts: LaneParts
  private readonly queue = new TicketQueue()
  private readonly bucket = new TokenBucket()
  /** Claimed deliveries that wait for a slot, oldest first. */
  private ready: Claimed[] = []
  /** No second copy is accepted from the claim of a delivery until its outcome is recorded. */
  private readonly inHand = new Set<string>()
  private target: Target | undefined
  private isOpenNow = false
  private isWaitingForToken = false
  private readonly backlog: BacklogReader
  private lastActive = performance.now()

  constructor(webhookId: string, parts: LaneParts) {
    this.webhookId = webhookId
    this.parts = parts
    this.backlog = new BacklogReader(webhookId, parts.readBacklog)
    this.target = parts.targets.peek(webhookId)
    if (this.target) this.pace.limits = this.target
  }

  /** Whether the lane takes work. A closed lane only finishes its requests in flight. */
  get isOpen(): boolean {
    return this.isOpenNow
  }

  /** Nothing is in memory, in flight, or known to wait in the database. */
  get isQuiet(): boolean {
    return this.isIdle && !this.backlog.isPending && !this.backlog.isReading
  }

  /** Nothing is in memory or in flight, whatever waits in the database. */
  get isIdle(): boolean {
    return this.ready.length === 0 && this.queue.length === 0 && this.pace.isQuiet
  }

  /** Milliseconds since the lane last had something to do. */
  get quietMs(): number {
    return this.isQuiet ? performance.now() - this.lastActive : 0
  }

  /** Requests that take long occupy every slot: the lane can only wait. */
  get isStuck(): boolean {
    return this.pace.isSlow && !this.pace.hasSlot
  }

  /** Deliveries are ready, and every slot is taken. */
  get isWaitingForSlot(): boolean {
    return this.ready.length > 0 && !this.pace.hasSlot
  }

  /** Deliveries from their claim until their outcome is recorded. */
  idsInHand(): Iterable<string> {
    return this.inHand
  }

  /** Starts or continues to take work, first the due deliveries of the webhook. */
  open(): void {
    this.isOpenNow = true
    this.lookAtBacklog()
    if (!this.target) this.parts.background.run('loading a webhook', () => this.loadTarget())
  }

  /**
   * Takes no more work, and hands back everything that is not in flight. Returns the work that is left for the next
   * owner.
   */
  close(): { dropped: string[]; hasMore: boolean } {
    const dropped = [...this.ready, ...this.queue.take(this.queue.length)].map(({ id }) => id)
    const hasMore = dropped.length > 0 || this.backlog.isPending || this.pace.claiming > 0
    this.isOpenNow = false
    this.backlog.isPending = false
    this.handBackReady()
    return { dropped, hasMore }
  }

  /** Takes deliveries for which the bell rang. Those that do not fit stay in the database until their turn. */
  ring(tickets: readonly Ticket[]): void {
    const { left } = this.offer(tickets)
    if (left.length > 0 && this.pace.isLimited) this.park(left)
    this.pump()
  }

  /**
   * Takes deliveries that the sweep found due. Those that do not fit have waited so long that they get a hold reason.
   * Returns the others that this lane did not have.
   */
  takeOver(tickets: readonly Ticket[]): Ticket[] {
    const { queued, left } = this.offer(tickets)
    if (left.length > 0) this.park(left)
    this.pump()
    return queued
  }

  /** The database may have due deliveries of this webhook: reads them from the beginning. */
  lookAtBacklog(): void {
    this.backlog.restart()
    this.pump()
  }

  /** The webhook may have been paused, disabled or changed: unsent deliveries are claimed again. */
  refresh(): void {
    this.handBackReady()
    this.lookAtBacklog()
  }

  /** Hands back every delivery that is claimed and not sent. */
  handBackReady(): void {
    this.handBack(this.ready.splice(0))
  }

  /**
   * A request has been in flight for this long: a slow lane keeps little in memory, so that the other deliveries show a
   * hold reason.
   */
  outlasts(ms: number): void {
    this.pace.outlasts(ms)
    this.handBackReady()
    const excess = this.queue.takeExcess(this.pace.capacity)
    if (excess.length > 0) this.backlog.isPending = true
    this.park(excess)
  }

  /** The next delivery to send with its settings; null when there is none or the limits allow none now. */
  takeNext(): { claimed: Claimed; target: Target } | null {
    const { target } = this
    if (!target || this.isWaitingForToken || !this.pace.hasSlot) return null
    this.handBackStale(target)
    if (this.ready.length === 0 || !this.spendToken()) return null
    return { claimed: this.ready.shift()!, target }
  }

  get isReady(): boolean {
    return this.ready.length > 0 && this.pace.hasSlot && !this.isWaitingForToken
  }

  /** An outcome is recorded. */
  recorded(deliveryId: string): void {
    this.inHand.delete(deliveryId)
    this.pace.recorded()
    this.pump()
  }

  /** Does all possible steps: claims, reads more of the backlog, offers ready deliveries. */
  pump(): void {
    this.lastActive = performance.now()
    if (this.isOpenNow && this.target && this.parts.heartbeat.isFresh) {
      const count = this.pace.claimable(this.queue.length, this.ready.length)
      for (const ticket of count > 0 ? this.queue.take(count) : [])
        this.parts.background.run('a claim', () => this.claim(ticket))
    }
    if (this.isOpenNow && this.backlog.canRead && this.queue.length <= this.pace.capacity / 4)
      this.parts.background.run('reading a backlog', () => this.readBacklog())
    if (this.isReady) this.parts.onReady(this)
    else if (this.isQuiet) this.parts.onQuiet(this)
  }

  /**
   * Queues tickets while there is room. Returns the queued ones and the others. New deliveries wait behind a backlog.
   */
  private offer(tickets: readonly Ticket[]): { queued: Ticket[]; left: Ticket[] } {
    const queued: Ticket[] = []
    const left: Ticket[] = []
    for (const ticket of tickets) {
      if (this.inHand.has(ticket.id) || this.queue.has(ticket.id)) continue
      if (this.backlog.isPending || this.queue.length >= this.pace.capacity) left.push(ticket)
      else {
        this.queue.push(ticket)
        queued.push(ticket)
      }
    }
    if (left.length > 0) this.backlog.noteNew()
    return { queued, left }
  }

  private async claim(ticket: Ticket): Promise<void> {
    const { core, claims, targets } = this.parts
    this.pace.claiming++
    this.inHand.add(ticket.id)
    let isKept = false
    try {
      const claimed = await claims(ticket)
      if (!claimed) return
      this.target = (await targets.get(claimed.webhookId, claimed.webhookVersion)) ?? this.target
      if (!this.target || !this.isOpenNow) return this.handBack([claimed])
      this.applyLimits(this.target)
      this.pace.claimed(claimed.event.payloadText.length)
      this.ready.push(claimed)
      isKept = true
    } catch (error) {
      // Many claims fail together; the reason is logged with their statement.
      core.log.debug({ err: error, delivery: ticket.id }, 'not claimed; the sweep will find it')
    } finally {
      if (!isKept) this.inHand.delete(ticket.id)
      this.pace.claiming--
      this.pump()
    }
  }

  /** Nothing is claimed before the webhook's limits are known. */
  private async loadTarget(): Promise<void> {
    this.target = await this.parts.targets.get(this.webhookId, 0)
    if (this.target) this.applyLimits(this.target)
    // The webhook is gone: other code cancels its deliveries.
    else this.queue.take(this.queue.length)
    this.pump()
  }

  private applyLimits(target: Target): void {
    if (this.pace.limits === target) return
    this.pace.limits = target
    const excess = this.queue.takeExcess(this.pace.capacity)
    if (excess.length === 0) return
    this.backlog.isPending = true
    if (this.pace.isLimited) this.park(excess)
  }

  private readBacklog(): Promise<void> {
    const room = this.pace.capacity - this.queue.length
    const accept = (tickets: readonly Ticket[]) => {
      for (const ticket of tickets) if (!this.inHand.has(ticket.id)) this.queue.push(ticket)
      if (this.isOpenNow) return
      this.backlog.isPending = false
      this.queue.take(this.queue.length)
    }
    return this.backlog.read(room, accept).finally(() => this.pump())
  }

  /** Hands back deliveries that waited so long that their leases no longer cover the request, or that another worker may have. */
  private handBackStale({ timeoutMs }: Target): void {
    const { generation } = this.parts.heartbeat
    const now = performance.now()
    const good = this.ready.findIndex((one) => one.generation === generation && leaseCovers(one, timeoutMs, now))
    if (good === 0) return
    this.handBack(this.ready.splice(0, good === -1 ? this.ready.length : good))
  }

  private spendToken(): boolean {
    const { ratePerSecond } = this.pace.limits
    if (ratePerSecond === null) return true
    const wait = this.bucket.spend(ratePerSecond, performance.now())
    if (wait === 0) return true
    this.isWaitingForToken = true
    setTimeout(() => {
      this.isWaitingForToken = false
      this.pump()
    }, wait)
    return false
  }

  private handBack(claimed: readonly Claimed[]): void {
    if (claimed.length === 0) return
    for (const { id } of claimed) this.inHand.delete(id)
    if (this.isOpenNow) this.backlog.isPending = true
    this.parts.background.run('handing back', async () => {
      await release(this.parts.core, claimed)
      if (this.isOpenNow) this.lookAtBacklog()
    })
  }

  private park(tickets: readonly Ticket[]): void {
    if (tickets.length === 0) return
    this.parts.background.run('parking', () => park(this.parts.core, tickets, this.pace.limitReason))
  }
}
