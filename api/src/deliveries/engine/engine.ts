import type { AppContext } from '../../app-context.ts'
import type { PublishInTransaction } from '../../events/publish/publish-in-transaction.ts'
import { CHANNELS } from '../../kit/pubsub.ts'
import type { Sender } from '../../webhooks/send/send.ts'
import type { Targets } from '../../webhooks/target.ts'
import type { OnAttempt } from '../metrics.ts'
import { Background } from './background.ts'
import { createBacklogReader } from './backlog.ts'
import type { Rung } from './bell.ts'
import type { CircuitChange } from './circuit-store.ts'
import { claimProbe, createClaims, release, type Ticket } from './claim.ts'
import { Dispatcher } from './dispatcher.ts'
import { Heartbeat } from './heartbeat.ts'
import { LANE } from './lane/lane-jobs.ts'
import { LaneRegistry, MAX_LANES } from './lane/lane-registry.ts'
import { type LaneParts, WebhookLane } from './lane/webhook-lane.ts'

export interface EngineParts {
  targets: Targets
  sender: Sender
  publishInTransaction: PublishInTransaction
  /** Called after every attempt, for the metrics. */
  onAttempt?: OnAttempt
  /** Called after deliveries of dead workers were released, with their number. These deliveries are due. */
  onTakeover: (deliveries: number) => void
}

/**
 * The delivery engine of one worker. It keeps only copies in memory. The rows in the database decide which deliveries
 * are due, so the sweep finds everything that this process loses.
 */
export class DeliveryEngine {
  private readonly core: AppContext
  private readonly parts: EngineParts
  private readonly background: Background
  private readonly heartbeat: Heartbeat
  private readonly lanes: LaneRegistry
  private readonly dispatcher: Dispatcher
  private readonly readBacklog: ReturnType<typeof createBacklogReader>
  private readonly unsubscribe: (() => void)[] = []
  private isStopping = false

  constructor(core: AppContext, parts: EngineParts) {
    this.core = core
    this.parts = parts
    this.readBacklog = createBacklogReader(core)
    const background = new Background(core.log)
    const heartbeat = new Heartbeat(core, {
      takeover: parts.onTakeover,
      fresh: () => this.catchUp(),
      inHand: () => [...this.dispatcher.inHand(), ...[...this.lanes.all()].flatMap((lane) => [...lane.idsInHand()])],
    })
    const laneParts: LaneParts = {
      core,
      targets: parts.targets,
      heartbeat,
      background,
      claims: createClaims(core, heartbeat),
      readBacklog: this.readBacklog,
      onReady: (lane) => this.dispatcher.offer(lane),
      onQuiet: (lane) => this.lanes.quiet(lane),
    }
    this.background = background
    this.heartbeat = heartbeat
    this.lanes = new LaneRegistry({
      core,
      background,
      heartbeat,
      createLane: (webhookId) => new WebhookLane(webhookId, laneParts),
      onEnd: (lane) => this.dispatcher.forget(lane),
    })
    this.dispatcher = new Dispatcher({
      core,
      sender: parts.sender,
      publishInTransaction: parts.publishInTransaction,
      heartbeat,
      background,
      ...(parts.onAttempt && { onAttempt: parts.onAttempt }),
      onCircuit: (webhookId, change) => this.circuitChanged(webhookId, change),
      onSlow: (webhookId, ageMs) => this.lanes.open(webhookId)?.outlasts(ageMs),
    })
  }

  start(): void {
    const { jobs, pubsub } = this.core
    this.heartbeat.start()
    this.dispatcher.start()
    this.lanes.start()
    this.unsubscribe.push(
      pubsub.subscribe(CHANNELS.bell, (message) => this.hear(message)),
      pubsub.subscribe(CHANNELS.webhooks, (id) => this.webhookChanged(id)),
    )
    jobs.process(LANE, {
      concurrency: MAX_LANES,
      run: ({ webhookId }, lockLost) => this.lanes.run(webhookId, lockLost),
      onEnd: ({ webhookId }) => this.lanes.jobRemoved(webhookId),
    })
  }

  /** Makes sure that this worker or another one processes the due deliveries of these webhooks. */
  openLanes(webhookIds: readonly string[]): Promise<void> {
    return this.lanes.ensure(webhookIds)
  }

  /** Opens the lanes of webhooks that have due deliveries. Usually all of them are open already. */
  async openLanesWithBacklog(): Promise<void> {
    const rows = await this.core.db.query<{ id: string }>(
      'SELECT * FROM webhooks_with_backlog() AS w(id)',
      [],
      'webhooks_with_backlog',
    )
    await this.openLanes(rows.map(({ id }) => id))
  }

  /** Whether this worker has an open lane for the webhook. */
  hasLane(webhookId: string): boolean {
    return this.lanes.open(webhookId) !== undefined
  }

  /** Adds deliveries that the sweep found due to a lane of this worker. Returns those that were new to the lane. */
  takeOver(webhookId: string, tickets: readonly Ticket[]): Ticket[] {
    return this.isStopping ? [] : this.lanes.openWithoutJob(webhookId).takeOver(tickets)
  }

  /** Sends the probe of an open circuit now if the circuit allows one. The limits of the lane do not apply. */
  async probe(webhookId: string): Promise<void> {
    if (this.isStopping || !this.heartbeat.isFresh) return
    const claimed = await claimProbe(this.core, this.heartbeat, webhookId)
    if (!claimed) return
    const target = await this.parts.targets.get(webhookId, claimed.webhookVersion)
    if (target) void this.dispatcher.send(null, claimed, target)
    else await release(this.core, [claimed])
  }

  /**
   * Starts no more requests and hands each lane over to another worker as soon as its requests in flight have ended.
   * Waits up to `limitMs` for them. Then the leases of all other deliveries are released.
   */
  async stop(limitMs: number): Promise<void> {
    const began = performance.now()
    // A lane that is handed over must not come back to this worker. Until then, the lanes go on.
    await this.core.jobs.pause()
    this.isStopping = true
    for (const unsubscribe of this.unsubscribe) unsubscribe()
    this.lanes.stop()
    await this.dispatcher.drain(Math.max(0, limitMs - (performance.now() - began)))
    await this.background.idle()
    await this.lanes.handOverAll()
    await this.background.idle()
    this.dispatcher.stop()
    await this.heartbeat.stop()
  }

  /** Resolves when no delivery is in memory or in flight. */
  async idle(): Promise<void> {
    const isIdle = () =>
      this.background.isIdle && this.dispatcher.isIdle && [...this.lanes.all()].every((lane) => lane.isIdle)
    while (!isIdle()) await new Promise((resolve) => setTimeout(resolve, 5))
  }

  private hear(message: string | null): void {
    if (this.isStopping) return
    if (message === null) {
      // The connection was broken, so bell messages may have been lost.
      this.lookAtAllBacklogs()
      return
    }
    const byLane = new Map<WebhookLane, Ticket[]>()
    for (const [id, attempts, webhookId] of JSON.parse(message) as Rung[]) {
      const lane = this.lanes.open(webhookId)
      if (!lane) {
        this.lanes.rang(webhookId)
        continue
      }
      const tickets = byLane.get(lane)
      if (tickets) tickets.push({ id, attempts })
      else byLane.set(lane, [{ id, attempts }])
    }
    for (const [lane, tickets] of byLane) lane.ring(tickets)
  }

  /** Called when a webhook was created, paused, resumed or changed. Null: any webhook may have changed. */
  private webhookChanged(id: string | null): void {
    if (this.isStopping) return
    for (const lane of id === null ? this.lanes.all() : [this.lanes.get(id)]) if (lane?.isOpen) lane.refresh()
    if (id !== null && !this.hasLane(id)) this.background.run('opening a lane', () => this.openIfDue(id))
  }

  /** Opens a lane only if a delivery is due. Usually none is, so that most changes of a webhook need no job. */
  private async openIfDue(webhookId: string): Promise<void> {
    const { tickets } = await this.readBacklog({ webhookId, after: null, limit: 1 })
    if (tickets.length > 0) await this.openLanes([webhookId])
  }

  private circuitChanged(webhookId: string, change: CircuitChange): void {
    // Deliveries that are claimed but not sent must wait like all others, so their leases are released.
    if (change.opened || change.disabled) this.lanes.open(webhookId)?.handBackReady()
    if (change.closed) this.background.run('opening a lane', () => this.openLanes([webhookId]))
  }

  /**
   * Called when PostgreSQL can be reached for the first time or again. All lanes ended during the gap, so they are
   * opened again.
   */
  private catchUp(): void {
    this.lookAtAllBacklogs()
    this.background.run('opening lanes', () => this.openLanesWithBacklog())
  }

  private lookAtAllBacklogs(): void {
    for (const lane of this.lanes.all()) if (lane.isOpen) lane.lookAtBacklog()
  }
}
