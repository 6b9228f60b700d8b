import {
  afterFailure,
  afterSuccess,
  type CircuitView,
  HEALTHY,
  startProbe,
} from '../../api/src/deliveries/engine/circuit-breaker.ts'
import { decideOutcome } from '../../api/src/deliveries/engine/outcome.ts'
import { maxAttemptsOf } from '../../api/src/deliveries/engine/schedule.ts'
import { isFinal, transition } from '../../api/src/deliveries/engine/state-machine.ts'
import { compileGlobs } from '../../api/src/kit/globs.ts'
import type { SendResult } from '../../api/src/webhooks/send.ts'
import type { DeliveryStatus, ErrorKind, Severity } from '../generated/client/enums.ts'
import { resultOf } from './answers.ts'
import type { DemoEvent } from './events.ts'
import type { Chance } from './random.ts'
import type { Act, DemoWebhook } from './webhooks.ts'

const HOUR = 3_600_000
/** Time from an event to the first attempt. */
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
  /** It waits for its webhook, not for its scheduled time. */
  parked: boolean
  completedAt: number | null
  lastError: string | null
  lastErrorKind: ErrorKind | null
  replayOfId: string | null
  /** The dead letter that it should recover, and the replay that was delivered instead. */
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

/** Whether a webhook receives an event, by the rule of deliveries/fan-out.ts. */
export function receives(webhook: DemoWebhook, event: DemoEvent, visible: ReadonlySet<string>): boolean {
  const reached =
    webhook.tenantId === null ||
    webhook.tenantId === event.tenantId ||
    (event.tenantId === null && visible.has(event.type))
  return reached && RANK[event.severity] >= RANK[webhook.minSeverity] && compileGlobs(webhook.eventTypes)(event.type)
}

/**
 * Simulates the deliveries of a webhook until `until`. All decisions (states, schedule, circuit) are made by the
 * product's own code with a clock that runs through the past, so the rows equal what the product would have written.
 */
export function simulate(
  webhook: DemoWebhook,
  url: string,
  events: readonly DemoEvent[],
  chance: Chance,
  { now, until }: { now: number; until: number },
): Past {
  const deliveries: PastDelivery[] = []
  const queue: Due[] = []
  let circuit: CircuitView = HEALTHY
  let disabled: Past['disabled'] = null
  const pausedAt = webhook.pausedHoursAgo === null ? Number.POSITIVE_INFINITY : now - webhook.pausedHoursAgo * HOUR

  const schedule = (due: Due) => {
    let i = queue.length
    while (i > 0 && queue[i - 1]!.at > due.at) i--
    queue.splice(i, 0, due)
  }
  const create = (event: DemoEvent, at: number, original: PastDelivery | null) => {
    const delivery: PastDelivery = {
      id: chance.id(at),
      event,
      createdAt: at,
      status: 'PENDING',
      maxAttempts: maxAttemptsOf(webhook.retrySchedule),
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
    deliveries.push(delivery)
    return delivery
  }

  /** False if the attempt would not have ended yet; it is then not recorded. */
  const attempt = (delivery: PastDelivery, at: number, isProbe: boolean): boolean => {
    const startedAt = at + chance.between(0, PICKED_UP_MS)
    const answer = webhook.answer({ hoursAgo: (now - startedAt) / HOUR, event: delivery.event, chance })
    const result = resultOf(answer, url, startedAt, webhook.timeoutMs)
    const ended = new Date(Math.ceil(startedAt + result.durationMs))
    if (ended.getTime() > until) return false
    const outcome = decideOutcome({
      status: delivery.status,
      attemptCount: delivery.attempts.length,
      maxAttempts: delivery.maxAttempts,
      schedule: webhook.retrySchedule,
      result,
      random: chance.next,
      isProbe,
    })
    delivery.attempts.push({ id: chance.id(startedAt), number: outcome.attemptCount, startedAt, result })
    delivery.status = outcome.status
    delivery.maxAttempts = outcome.maxAttempts
    delivery.nextAttemptAt = outcome.retryInMs === null ? null : ended.getTime() + outcome.retryInMs
    delivery.completedAt = isFinal(outcome.status) ? ended.getTime() : null
    delivery.lastError = result.error
    delivery.lastErrorKind = result.errorKind
    if (outcome.disableWebhook) disabled ??= { at: ended.getTime(), reason: outcome.disableWebhook }
    if (delivery.nextAttemptAt !== null) schedule({ at: delivery.nextAttemptAt, delivery })
    if (result.ok && delivery.replayOfId !== null) recover(delivery)
    judge(result.ok, ended, isProbe)
    return true
  }

  /** As in mark_recovered(): the ancestors of the replay, and other replays of the same dead letter. */
  const recover = (replay: PastDelivery) => {
    const byId = new Map(deliveries.map((delivery) => [delivery.id, delivery]))
    const family = deliveries.filter(({ rescuesId }) => rescuesId !== null && rescuesId === replay.rescuesId)
    for (let id = replay.replayOfId; id !== null; id = byId.get(id)?.replayOfId ?? null) {
      const ancestor = byId.get(id)
      if (ancestor) family.push(ancestor)
    }
    for (const lost of family) if (lost !== replay && lost.status !== 'DELIVERED') lost.recoveredById ??= replay.id
  }

  const judge = (ok: boolean, at: Date, isProbe: boolean) => {
    const before = circuit
    circuit = ok ? afterSuccess(circuit) : afterFailure(circuit, at, { breaker: webhook.circuitBreaker, isProbe })
    if (circuit.circuit === 'OPEN' && circuit.probeAt !== before.probeAt && circuit.probeAt)
      schedule({ at: circuit.probeAt.getTime(), probe: true })
    if (circuit.circuit !== 'CLOSED' || before.circuit === 'CLOSED') return
    for (const [i, delivery] of deliveries.filter(({ parked }) => parked).entries()) {
      delivery.parked = false
      schedule({ at: Math.max(at.getTime() + 5 * i, delivery.nextAttemptAt ?? 0), delivery })
    }
  }

  const probe = (at: number) => {
    if (disabled || at >= pausedAt || circuit.circuit === 'CLOSED') return
    const [oldest] = deliveries
      .filter(({ parked, nextAttemptAt }) => parked && nextAttemptAt !== null && nextAttemptAt <= at)
      .sort((a, b) => (a.nextAttemptAt ?? 0) - (b.nextAttemptAt ?? 0))
    if (!oldest) return schedule({ at: at + 1_000, probe: true })
    const before = circuit
    circuit = startProbe(circuit, new Date(at), webhook.timeoutMs)
    oldest.parked = false
    if (attempt(oldest, at, true)) return
    oldest.parked = true
    circuit = before
  }

  const close = (delivery: PastDelivery, at: number, trigger: 'cancelled' | 'superseded') => {
    delivery.status = transition(delivery.status, trigger)
    delivery.completedAt = at
    delivery.nextAttemptAt = null
    delivery.parked = false
  }

  const act = ({ does, atMost, reason }: Act, at: number) => {
    const wanted = does === 'replay dead letters' ? 'DEAD_LETTER' : 'FAILED'
    const replayed = new Set(deliveries.map(({ replayOfId }) => replayOfId))
    const chosen = deliveries.filter(({ id, status }) => status === wanted && !replayed.has(id)).slice(-atMost)
    for (const [i, delivery] of chosen.entries()) {
      const then = Math.floor(at + i * 900)
      if (does !== 'cancel') {
        schedule({ at: then, delivery: create(delivery.event, then, delivery) })
        if (!isFinal(delivery.status)) close(delivery, then, 'superseded')
      } else {
        close(delivery, then, 'cancelled')
        delivery.lastError = `cancelled by Dana: ${reason}`
      }
    }
  }

  const work = (delivery: PastDelivery, at: number) => {
    if (isFinal(delivery.status)) return
    if (at >= pausedAt || disabled || circuit.circuit !== 'CLOSED') delivery.parked = true
    else attempt(delivery, at, false)
  }

  // Events and due attempts are both in time order; the earlier of the two is next.
  for (const one of webhook.acts) schedule({ at: now - one.hoursAgo * HOUR, act: one })
  for (let next = 0; next < events.length || (queue[0]?.at ?? Number.POSITIVE_INFINITY) <= until; ) {
    const event = events[next]
    const due = queue[0]
    if (event && (!due || event.at <= due.at)) {
      next++
      // A disabled webhook gets no deliveries.
      if (!disabled) schedule({ at: event.at, delivery: create(event, event.at, null) })
      continue
    }
    if (!due) break
    queue.shift()
    if ('act' in due) act(due.act, due.at)
    else if ('probe' in due) probe(due.at)
    else work(due.delivery, due.at)
  }
  return { deliveries, circuit, disabled }
}
