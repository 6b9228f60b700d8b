import type { AppContext } from '../../../app-context.ts'
import type { Batcher } from '../../../kit/async/batch.ts'
import type { Target, Targets } from '../../../webhooks/target.ts'
import type { Background } from '../background.ts'
import { type BacklogPage, type BacklogRequest, park } from '../backlog.ts'
import { type Claimed, leaseCovers, release, type Ticket } from '../claim.ts'
import type { Heartbeat } from '../heartbeat.ts'
import { BacklogReader } from './backlog-reader.ts'
import { LanePace } from './lane-pace.ts'
import { TicketQueue } from './ticket-queue.ts'
import { TokenBucket } from './token-bucket.ts'

/** Dependencies that all lanes share. Database statements are batched across lanes. */
export interface LaneParts {
  core: AppContext
  targets: Targets
  heartbeat: Heartbeat
  background: Background
  claims: Batcher<Ticket, Claimed | null>
  readBacklog: Batcher<BacklogRequest, BacklogPage>
  /** Called when the lane has a delivery to send. The engine decides when it is sent. */
  onReady: (lane: WebhookLane) => void
  /** Called when the lane has nothing to do. */
  onQuiet: (lane: WebhookLane) => void
}

/**
 * Processes the deliveries of one webhook in this worker, in four steps: ticket, claim, ready, request. Tickets come
 * from the bell, from the sweep and from the webhook's backlog in the database. They are only copies; the rows in
 * PostgreSQL decide. Lanes share no queue or slot, so a hanging receiver blocks only its own lane.
 */
export class WebhookLane {
  readonly webhookId: string
  readonly pace = new LanePace()
  private readonly parts: LaneParts
  private readonly queue = new TicketQueue()
  private readonly bucket = new TokenBucket()
  /** Claimed deliveries that wait for a free slot, oldest first. */
  private ready: Claimed[] = []
  /** Deliveries from their claim until their outcome is recorded. A second ticket of these is ignored. */
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

  /** Whether the lane accepts work. A closed lane only finishes its requests in flight. */
  get isOpen(): boolean {
    return this.isOpenNow
  }

  /** Whether nothing is in memory or in flight, and no delivery is known to wait in the database. */
  get isQuiet(): boolean {
    return this.isIdle && !this.backlog.isPending && !this.backlog.isReading
  }

  /** Whether nothing is in memory or in flight. Deliveries may wait in the database. */
  get isIdle(): boolean {
    return this.ready.length === 0 && this.queue.length === 0 && this.pace.isQuiet
  }

  /** How many milliseconds the lane has had nothing to do. */
  get quietMs(): number {
    return this.isQuiet ? performance.now() - this.lastActive : 0
  }

  /** Whether slow requests use all slots, so that the lane can only wait. */
  get isStuck(): boolean {
    return this.pace.isSlow && !this.pace.hasSlot
  }

  /** Whether deliveries are ready but no slot is free. */
  get isWaitingForSlot(): boolean {
    return this.ready.length > 0 && !this.pace.hasSlot
  }

  /** Ids of the deliveries that are claimed and whose outcome is not recorded yet. */
  idsInHand(): Iterable<string> {
    return this.inHand
  }

  /** Makes the lane accept work. Starts with the due deliveries of the webhook. */
  open(): void {
    this.isOpenNow = true
    this.lookAtBacklog()
    if (!this.target) this.parts.background.run('loading a webhook', () => this.loadTarget())
  }

  /** Accepts no more work and releases everything that is not in flight. Returns what remains for the next owner. */
  close(): { dropped: string[]; hasMore: boolean } {
    const dropped = [...this.ready, ...this.queue.take(this.queue.length)].map(({ id }) => id)
    const hasMore = dropped.length > 0 || this.backlog.isPending || this.pace.claiming > 0
    this.isOpenNow = false
    this.backlog.isPending = false
    this.handBackReady()
    return { dropped, hasMore }
  }

  /** Adds deliveries for which the bell rang. Deliveries for which there is no room wait in the database. */
  ring(tickets: readonly Ticket[]): void {
    const { left } = this.offer(tickets)
    if (left.length > 0 && this.pace.isLimited) this.park(left)
    this.pump()
  }

  /**
   * Adds deliveries that the sweep found due and returns them. Deliveries for which there is no room are parked with a
   * hold reason.
   */
  takeOver(tickets: readonly Ticket[]): Ticket[] {
    const { queued, left } = this.offer(tickets)
    if (left.length > 0) this.park(left)
    this.pump()
    return queued
  }

  /** Called when the database may have due deliveries of this webhook. Reads the backlog from its start. */
  lookAtBacklog(): void {
    this.backlog.restart()
    this.pump()
  }

  /** Called when the webhook may have changed. Unsent deliveries are released, so that they are claimed again. */
  refresh(): void {
    this.handBackReady()
    this.lookAtBacklog()
  }

  /** Releases the leases of all deliveries that are claimed but not sent. */
  handBackReady(): void {
    this.handBack(this.ready.splice(0))
  }

  /**
   * Called when a request has been in flight for `ms`. A slow lane parks most deliveries, so that they show a hold
   * reason.
   */
  outlasts(ms: number): void {
    this.pace.outlasts(ms)
    this.handBackReady()
    const excess = this.queue.takeExcess(this.pace.capacity)
    if (excess.length > 0) this.backlog.isPending = true
    this.park(excess)
  }

  /** The next delivery to send, and the settings of its webhook. Null if none is ready or the limits allow none now. */
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

  /** Called when the outcome of a delivery is recorded. */
  recorded(deliveryId: string): void {
    this.inHand.delete(deliveryId)
    this.pace.recorded()
    this.pump()
  }

  /** Does what is possible now: claims tickets, reads more of the backlog, offers ready deliveries for sending. */
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
   * Queues tickets while there is room and no older delivery is in the backlog. Returns the queued ones and the others.
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
      // Many claims fail together. The log line of their statement has the reason.
      core.log.debug({ err: error, delivery: ticket.id }, 'not claimed; the sweep will find it')
    } finally {
      if (!isKept) this.inHand.delete(ticket.id)
      this.pace.claiming--
      this.pump()
    }
  }

  /** Loads the webhook. Nothing is claimed until its limits are known. */
  private async loadTarget(): Promise<void> {
    this.target = await this.parts.targets.get(this.webhookId, 0)
    if (this.target) this.applyLimits(this.target)
    // The webhook was deleted. cancelDeliveriesOfDeletedWebhooks() cancels its deliveries.
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

  /**
   * Releases deliveries that waited too long in memory. Either their lease ends before a request could, or it is of an
   * earlier generation and another worker may have the delivery.
   */
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
