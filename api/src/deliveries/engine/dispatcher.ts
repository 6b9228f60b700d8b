import type { AppContext } from '../../app-context.ts'
import type { PublishInTransaction } from '../../events/publish/publish-in-transaction.ts'
import type { Sender } from '../../webhooks/send/send.ts'
import type { Target } from '../../webhooks/target.ts'
import type { OnAttempt } from '../metrics.ts'
import { attempt } from './attempt.ts'
import type { Background } from './background.ts'
import { type CircuitChange, CircuitStore } from './circuit-store.ts'
import { type Claimed, logFields, release } from './claim.ts'
import type { Heartbeat } from './heartbeat.ts'
import { InFlight } from './in-flight.ts'
import type { WebhookLane } from './lane/webhook-lane.ts'
import { createRecorder, type Finished } from './record-outcome.ts'

export interface DispatcherParts {
  core: AppContext
  sender: Sender
  heartbeat: Heartbeat
  background: Background
  publishInTransaction: PublishInTransaction
  /** Called after every attempt, for the metrics. */
  onAttempt?: OnAttempt
  /** Called after attempts have opened or closed a webhook's circuit, or have disabled the webhook. */
  onCircuit: (webhookId: string, change: CircuitChange) => void
  /** Called when a request has been in flight for a long time. */
  onSlow: (webhookId: string, ageMs: number) => void
}

const OUTCOME_PATIENCE = { retryMs: 250, giveUpMs: 10 * 60_000 }

/** Sends the ready deliveries of all lanes in turn, records the outcomes, and applies them to the circuits. */
export class Dispatcher {
  private readonly parts: DispatcherParts
  private readonly inFlight: InFlight
  private readonly circuits: CircuitStore
  private readonly record: ReturnType<typeof createRecorder>
  /** Lanes that have a delivery to send. */
  private readonly sendable = new Set<WebhookLane>()
  private readonly unrecorded = new Set<string>()
  /** Requests that a stop no longer waits for. Their results are ignored. */
  private readonly abandoned = new Set<Claimed>()

  constructor(parts: DispatcherParts) {
    this.parts = parts
    const { core } = parts
    this.inFlight = new InFlight(core.env.WORKER_CONCURRENCY, {
      room: () => this.sendReady(),
      slow: ({ webhookId }, ageMs) => parts.onSlow(webhookId, ageMs),
    })
    this.circuits = new CircuitStore(core, parts.publishInTransaction, parts.onCircuit)
    this.record = createRecorder(core, OUTCOME_PATIENCE)
  }

  get isIdle(): boolean {
    return this.inFlight.count === 0
  }

  start(): void {
    this.inFlight.start()
  }

  stop(): void {
    this.inFlight.stop()
  }

  /** Called when the lane has a delivery to send. */
  offer(lane: WebhookLane): void {
    this.sendable.add(lane)
    this.sendReady()
  }

  forget(lane: WebhookLane): void {
    this.sendable.delete(lane)
  }

  /**
   * Lets each lane that has a delivery send one request, then the next. So a lane with a long queue does not delay one
   * with a short queue.
   */
  sendReady(): void {
    if (!this.parts.heartbeat.isFresh) return
    for (const lane of this.sendable) {
      if (!this.inFlight.hasRoom) return
      this.sendable.delete(lane)
      const next = lane.takeNext()
      if (!next) continue
      void this.send(lane, next.claimed, next.target)
      if (lane.isReady) this.sendable.add(lane)
    }
  }

  /**
   * Sends a delivery and records its outcome. Without a lane the delivery is a probe, which ignores the webhook's
   * limits.
   */
  async send(lane: WebhookLane | null, claimed: Claimed, target: Target): Promise<void> {
    const { core, sender, background } = this.parts
    if (lane) lane.pace.inFlight++
    this.inFlight.begin(claimed)
    this.unrecorded.add(claimed.id)
    const delayMs = performance.now() - claimed.dueSince
    const finished = await attempt(core, sender, target, claimed)
    this.inFlight.end(claimed)
    this.observe(claimed, target, finished, delayMs)
    if (lane) lane.pace.inFlight--
    if (this.abandoned.has(claimed)) return
    const ok = finished.outcome.status === 'DELIVERED'
    lane?.pace.finished({ durationMs: finished.attempt.durationMs, ok, breaker: target.circuitBreaker })
    background.run('recording an outcome', async () => {
      try {
        await this.settle(claimed, finished)
      } finally {
        this.unrecorded.delete(claimed.id)
        lane?.recorded(claimed.id)
      }
    })
    // The lane can send only after outcomes are recorded, so they are recorded without waiting for a larger batch.
    if (lane?.isWaitingForSlot) this.record.flush()
  }

  /** Ids of deliveries whose request is in flight or whose outcome is not recorded yet, including probes. */
  inHand(): string[] {
    return [...this.unrecorded]
  }

  /**
   * Waits up to `limitMs` for the requests in flight. After that, the leases of the remaining deliveries are released.
   */
  async drain(limitMs: number): Promise<void> {
    const left = await this.inFlight.settled(limitMs)
    if (left.length === 0) return
    this.parts.core.log.warn(
      { deliveries: left.length },
      'deliveries returned while in flight: their receivers need longer than the shutdown timeout',
    )
    for (const claimed of left) this.abandoned.add(claimed)
    this.parts.background.run('handing back', () => release(this.parts.core, left))
  }

  private observe(
    { attempts, isProbe, webhookFailing }: Claimed,
    { kind }: Target,
    { outcome, attempt }: Finished,
    delayMs: number,
  ): void {
    const isOnTime = attempts === 0 && !isProbe && !webhookFailing
    this.parts.onAttempt?.({
      kind,
      status: outcome.status,
      errorKind: attempt.errorKind,
      durationMs: attempt.durationMs,
      firstAttemptDelayMs: isOnTime ? delayMs : null,
    })
  }

  private async settle(claimed: Claimed, finished: Finished): Promise<void> {
    const { webhookId, webhookFailing, isProbe } = claimed
    const ok = finished.outcome.status === 'DELIVERED'
    if (!(await this.record(finished))) {
      this.parts.core.log.warn(
        logFields(claimed),
        'an outcome arrived after its lease; another worker has finished the delivery',
      )
      return
    }
    if (ok && !webhookFailing && !isProbe && !this.circuits.isBusy(webhookId)) return
    await this.circuits.apply(webhookId, { ok, isProbe, disable: finished.outcome.disableWebhook })
  }
}
