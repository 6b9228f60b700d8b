import {
  afterFailure,
  afterSuccess,
  type CircuitView,
  HEALTHY,
  startProbe,
} from '../../api/src/deliveries/engine/circuit-breaker.ts'
import { decideOutcome } from '../../api/src/deliveries/engine/decide-outcome.ts'
import { maxAttemptsOf } from '../../api/src/deliveries/engine/schedule.ts'
import { isFinal, transition } from '../../api/src/deliveries/engine/state-machine.ts'
import { compileGlobs } from '../../api/src/kit/globs.ts'
import type { SendResult } from '../../api/src/webhooks/send/send.ts'
import type { DeliveryStatus, ErrorKind, Severity } from '../generated/client/enums.ts'
import { resultOf } from './answers.ts'
import type { DemoEvent } from './events.ts'
import type { Chance } from './random.ts'
import type { Act, DemoWebhook } from './webhooks.ts'

const HOUR = 3_600_000
/** Time from an event to the first attempt, in milliseconds. */
const PICKED_UP_MS = 6

export interface PastAttempt {
  id: string
  number: number
  startedAt: number
  result: SendResult
}

export interface PastDelivery {
  id: string
  event: DemoEvent
  createdAt: number
  status: DeliveryStatus
  maxAttempts: number
  attempts: PastAttempt[]
  nextAttemptAt: number | null
  /** The delivery waits for its webhook, not for a scheduled time. */
  parked: boolean
  completedAt: number | null
  lastError: string | null
  lastErrorKind: ErrorKind | null
  replayOfId: string | null
  /**
   * `rescuesId`: the dead letter that this replay must recover. `recoveredById`: the replay that arrived instead of
   * this delivery.
   */
  rescuesId: string | null
  recoveredById: string | null
}

export interface Past {
  deliveries: PastDelivery[]
  circuit: CircuitView
  disabled: { at: number; reason: string } | null
}

type Due = { at: number } & ({ delivery: PastDelivery } | { probe: true } | { act: Act })

const RANK: Record<Severity, number> = { INFO: 0, WARNING: 1, ERROR: 2, CRITICAL: 3 }

/** Whether a webhook receives an event. The rule is that of deliveries/fan-out.ts. */
export function receives(webhook: DemoWebhook, event: DemoEvent, visible: ReadonlySet<string>): boolean {
  const reached =
    webhook.tenantId === null ||
    webhook.tenantId === event.tenantId ||
    (event.tenantId === null && visible.has(event.type))
  return reached && RANK[event.severity] >= RANK[webhook.minSeverity] && compileGlobs(webhook.eventTypes)(event.type)
}

/**
 * Simulates the deliveries of a webhook until `until`. The product's own code makes all decisions (states, schedule,
 * circuit), with a clock that runs through the past. So the rows are the same that the product would have written.
 */
export function simulate(
  webhook: DemoWebhook,
  url: string,
  events: readonly DemoEvent[],
  chance: Chance,
  period: Period,
): Past {
  return new Simulation(webhook, url, chance, period).run(events)
}

interface Period {
  now: number
  until: number
}

class Simulation {
  private readonly webhook: DemoWebhook
  private readonly url: string
  private readonly chance: Chance
  private readonly now: number
  private readonly until: number
  private readonly pausedAt: number
  private readonly deliveries: PastDelivery[] = []
  /** Due attempts, sorted by time. */
  private readonly queue: Due[] = []
  private circuit: CircuitView = HEALTHY
  private disabled: Past['disabled'] = null

  constructor(webhook: DemoWebhook, url: string, chance: Chance, { now, until }: Period) {
    this.webhook = webhook
    this.url = url
    this.chance = chance
    this.now = now
    this.until = until
    this.pausedAt = webhook.pausedHoursAgo === null ? Number.POSITIVE_INFINITY : now - webhook.pausedHoursAgo * HOUR
  }

  /** Handles events and due attempts in time order: the next one is the earlier of the two. */
  run(events: readonly DemoEvent[]): Past {
    for (const one of this.webhook.acts) this.schedule({ at: this.now - one.hoursAgo * HOUR, act: one })
    for (let next = 0; next < events.length || (this.queue[0]?.at ?? Number.POSITIVE_INFINITY) <= this.until; ) {
      const event = events[next]
      const due = this.queue[0]
      if (event && (!due || event.at <= due.at)) {
        next++
        // A disabled webhook gets no deliveries.
        if (!this.disabled) this.schedule({ at: event.at, delivery: this.create(event, event.at, null) })
        continue
      }
      if (!due) break
      this.queue.shift()
      if ('act' in due) this.act(due.act, due.at)
      else if ('probe' in due) this.probe(due.at)
      else this.work(due.delivery, due.at)
    }
    return { deliveries: this.deliveries, circuit: this.circuit, disabled: this.disabled }
  }

  private schedule(due: Due): void {
    let i = this.queue.length
    while (i > 0 && this.queue[i - 1]!.at > due.at) i--
    this.queue.splice(i, 0, due)
  }

  private create(event: DemoEvent, at: number, original: PastDelivery | null): PastDelivery {
    const delivery: PastDelivery = {
      id: this.chance.id(at),
      event,
      createdAt: at,
      status: 'PENDING',
      maxAttempts: maxAttemptsOf(this.webhook.retrySchedule),
      attempts: [],
      nextAttemptAt: at,
      parked: false,
      completedAt: null,
      lastError: null,
      lastErrorKind: null,
      replayOfId: original?.id ?? null,
      rescuesId: original && (original.rescuesId ?? (original.status === 'DEAD_LETTER' ? original.id : null)),
      recoveredById: null,
    }
    this.deliveries.push(delivery)
    return delivery
  }

  /** Returns false if the attempt would not have ended by now. Such an attempt is not recorded. */
  private attempt(delivery: PastDelivery, at: number, isProbe: boolean): boolean {
    const startedAt = at + this.chance.between(0, PICKED_UP_MS)
    const answer = this.webhook.answer({
      hoursAgo: (this.now - startedAt) / HOUR,
      event: delivery.event,
      chance: this.chance,
    })
    const result = resultOf(answer, this.url, startedAt, this.webhook.timeoutMs)
    const ended = new Date(Math.ceil(startedAt + result.durationMs))
    if (ended.getTime() > this.until) return false
    const outcome = decideOutcome({
      status: delivery.status,
      attemptCount: delivery.attempts.length,
      maxAttempts: delivery.maxAttempts,
      schedule: this.webhook.retrySchedule,
      result,
      random: this.chance.next,
      isProbe,
    })
    delivery.attempts.push({ id: this.chance.id(startedAt), number: outcome.attemptCount, startedAt, result })
    delivery.status = outcome.status
    delivery.maxAttempts = outcome.maxAttempts
    delivery.nextAttemptAt = outcome.retryInMs === null ? null : ended.getTime() + outcome.retryInMs
    delivery.completedAt = isFinal(outcome.status) ? ended.getTime() : null
    delivery.lastError = result.error
    delivery.lastErrorKind = result.errorKind
    if (outcome.disableWebhook) this.disabled ??= { at: ended.getTime(), reason: outcome.disableWebhook }
    if (delivery.nextAttemptAt !== null) this.schedule({ at: delivery.nextAttemptAt, delivery })
    if (result.ok && delivery.replayOfId !== null) this.recover(delivery)
    this.judge(result.ok, ended, isProbe)
    return true
  }

  /**
   * Recovers the same deliveries as mark_recovered(): the ancestors of the replay, and other replays of the same dead
   * letter.
   */
  private recover(replay: PastDelivery): void {
    const byId = new Map(this.deliveries.map((delivery) => [delivery.id, delivery]))
    const family = this.deliveries.filter(({ rescuesId }) => rescuesId !== null && rescuesId === replay.rescuesId)
    for (let id = replay.replayOfId; id !== null; id = byId.get(id)?.replayOfId ?? null) {
      const ancestor = byId.get(id)
      if (ancestor) family.push(ancestor)
    }
    for (const lost of family) if (lost !== replay && lost.status !== 'DELIVERED') lost.recoveredById ??= replay.id
  }

  private judge(ok: boolean, at: Date, isProbe: boolean): void {
    const before = this.circuit
    this.circuit = ok
      ? afterSuccess(this.circuit)
      : afterFailure(this.circuit, at, { breaker: this.webhook.circuitBreaker, isProbe })
    if (this.circuit.circuit === 'OPEN' && this.circuit.probeAt !== before.probeAt && this.circuit.probeAt)
      this.schedule({ at: this.circuit.probeAt.getTime(), probe: true })
    if (this.circuit.circuit !== 'CLOSED' || before.circuit === 'CLOSED') return
    for (const [i, delivery] of this.deliveries.filter(({ parked }) => parked).entries()) {
      delivery.parked = false
      this.schedule({ at: Math.max(at.getTime() + 5 * i, delivery.nextAttemptAt ?? 0), delivery })
    }
  }

  private probe(at: number): void {
    if (this.disabled || at >= this.pausedAt || this.circuit.circuit === 'CLOSED') return
    const [oldest] = this.deliveries
      .filter(({ parked, nextAttemptAt }) => parked && nextAttemptAt !== null && nextAttemptAt <= at)
      .sort((a, b) => (a.nextAttemptAt ?? 0) - (b.nextAttemptAt ?? 0))
    if (!oldest) {
      this.schedule({ at: at + 1_000, probe: true })
      return
    }
    const before = this.circuit
    this.circuit = startProbe(this.circuit, new Date(at), this.webhook.timeoutMs)
    oldest.parked = false
    if (this.attempt(oldest, at, true)) return
    oldest.parked = true
    this.circuit = before
  }

  private close(delivery: PastDelivery, at: number, trigger: 'cancelled' | 'superseded'): void {
    delivery.status = transition(delivery.status, trigger)
    delivery.completedAt = at
    delivery.nextAttemptAt = null
    delivery.parked = false
  }

  private act({ does, atMost, reason }: Act, at: number): void {
    const wanted = does === 'replay dead letters' ? 'DEAD_LETTER' : 'FAILED'
    const replayed = new Set(this.deliveries.map(({ replayOfId }) => replayOfId))
    const chosen = this.deliveries.filter(({ id, status }) => status === wanted && !replayed.has(id)).slice(-atMost)
    for (const [i, delivery] of chosen.entries()) {
      const then = Math.floor(at + i * 900)
      if (does !== 'cancel') {
        this.schedule({ at: then, delivery: this.create(delivery.event, then, delivery) })
        if (!isFinal(delivery.status)) this.close(delivery, then, 'superseded')
      } else {
        this.close(delivery, then, 'cancelled')
        delivery.lastError = `cancelled by Dana: ${reason}`
      }
    }
  }

  private work(delivery: PastDelivery, at: number): void {
    if (isFinal(delivery.status)) return
    if (at >= this.pausedAt || this.disabled || this.circuit.circuit !== 'CLOSED') delivery.parked = true
    else this.attempt(delivery, at, false)
  }
}
