import type { DeliveryStatus } from '../../../../../prisma/generated/client/enums.ts'
import { afterFailure, afterSuccess, type CircuitView, HEALTHY } from '../../engine/circuit-breaker.ts'
import { failureClass } from '../failure-class.ts'
import { type ForecastInput, forecast } from '../forecast.ts'
import { judge } from '../judge.ts'
import { isConclusive, type Rate, situationKey, weightOf } from '../rates.ts'
import { type AttemptMinute, aroundOf, NO_ATTEMPTS, sumOf } from '../receiver.ts'
import { between, seededRandom } from './random.ts'
import type { SimulatedFailure, SimulatedPayload, SimulatedReceiver } from './receivers.ts'

/** A forecast, and whether the replay succeeded. */
export interface Outcome {
  receiver: string
  likelihood: number
  arrived: boolean
}

interface SimulatedDelivery {
  payload: SimulatedPayload
  status: DeliveryStatus
  attempts: number
  failure: SimulatedFailure | null
  failedAt: number
  replays: number
}

/** The simulated operators replay deliveries on average twice within this many seconds. */
const ASK_WITHIN = 900
const REPLAYED_AT_ONCE = 10
/**
 * The simulated operators do not replay deliveries that failed more than MAX_AGE seconds ago or were replayed
 * MAX_REPLAYS times.
 */
const MAX_AGE = 12 * 3_600
const MAX_REPLAYS = 3
const HOUR_MINUTES = 60

/** Simulates one receiver second by second. Forecasts use the rates that have been learned so far. */
export class ReceiverRun {
  readonly outcomes: Outcome[] = []
  private readonly receiver: SimulatedReceiver
  private readonly random: () => number
  private readonly tenant: Map<string, Rate>
  private readonly webhookRates = new Map<string, Rate>()
  private readonly minutes = new Map<number, AttemptMinute>()
  private readonly due = new Map<number, SimulatedDelivery[]>()
  private held: SimulatedDelivery[] = []
  private broken: SimulatedDelivery[] = []
  private circuit: CircuitView = HEALTHY
  private lastSuccess: number | null = null
  private lastFailure: number | null = null
  private load = { minute: -1, requests: 0 }

  constructor(receiver: SimulatedReceiver, tenant: Map<string, Rate>, seed: number) {
    this.receiver = receiver
    this.tenant = tenant
    this.random = seededRandom(seed)
  }

  /** Simulates one second. */
  step(at: number): void {
    if (this.random() < this.receiver.eventsPerMinute(at) / 60)
      this.schedule(at, {
        payload: this.receiver.newPayload(at),
        status: 'PENDING',
        attempts: 0,
        failure: null,
        failedAt: at,
        replays: 0,
      })
    const tasks = this.due.get(at) ?? []
    this.due.delete(at)
    if (this.circuit.circuit !== 'CLOSED' && (this.circuit.probeAt?.getTime() ?? 0) <= at * 1_000) {
      const probe = this.held.shift() ?? tasks.shift()
      if (probe) this.attempt(at, probe, true)
    }
    for (const task of tasks) {
      if (this.circuit.circuit === 'CLOSED') this.attempt(at, task, false)
      else this.held.push(task)
    }
    if (this.circuit.circuit === 'CLOSED') for (const task of this.held.splice(0, 2)) this.attempt(at, task, false)
    if (this.random() < 2 / ASK_WITHIN) this.ask(at)
  }

  private schedule(at: number, delivery: SimulatedDelivery): void {
    const second = Math.floor(at)
    this.due.set(second, [...(this.due.get(second) ?? []), delivery])
  }

  private attempt(at: number, delivery: SimulatedDelivery, isProbe: boolean): void {
    if (delivery.status === 'DELIVERED') return
    const situation =
      isConclusive(at - delivery.failedAt) && delivery.failure && situationKey(judge(this.input(at, delivery)))
    const failure = this.send(at, delivery.payload, isProbe)
    if (situation) this.learn(situation, { tried: 1, arrived: failure === null ? 1 : 0 })
    if (failure === null) {
      delivery.status = 'DELIVERED'
      return
    }
    if (!isProbe) delivery.attempts++
    Object.assign(delivery, { failure, failedAt: at })
    const wait = this.receiver.retrySchedule[delivery.attempts - 1]
    if (delivery.status === 'PENDING') this.broken.push(delivery)
    delivery.status = wait === undefined && !isProbe ? 'DEAD_LETTER' : 'FAILED'
    if (delivery.status === 'FAILED')
      this.schedule(at + Math.max(1, (wait ?? 30) * between(this.random, 0.8, 1.2)), delivery)
  }

  private send(at: number, payload: SimulatedPayload, isProbe: boolean): SimulatedFailure | null {
    const minute = Math.floor(at / 60)
    this.load = this.load.minute === minute ? { minute, requests: this.load.requests + 1 } : { minute, requests: 1 }
    const failure = this.receiver.answer(at, payload, this.load.requests)
    const counts = this.minutes.get(minute) ?? { minute, ...NO_ATTEMPTS }
    this.minutes.set(minute, counts)
    if (failure === null) {
      counts.succeeded++
      this.lastSuccess = at
      this.circuit = afterSuccess(this.circuit)
      return null
    }
    if (failureClass(failure.kind, failure.code) === 'CONTENT') counts.refused++
    else {
      counts.failed++
      this.lastFailure = at
    }
    this.circuit = afterFailure(this.circuit, new Date(at * 1_000), { breaker: this.receiver.circuitBreaker, isProbe })
    return failure
  }

  /** An operator replays some of the failed deliveries. All forecasts are made before the first attempt. */
  private ask(at: number): void {
    this.broken = this.broken.filter(
      ({ status, failedAt, replays }) => status !== 'DELIVERED' && at - failedAt < MAX_AGE && replays < MAX_REPLAYS,
    )
    const chosen = new Set<SimulatedDelivery>()
    for (let i = 0; i < REPLAYED_AT_ONCE && this.broken.length > 0; i++)
      chosen.add(this.broken[Math.floor(this.random() * this.broken.length)]!)
    const judged = [...chosen].map((delivery) => {
      const input = this.input(at, delivery)
      return { delivery, key: situationKey(judge(input)), likelihood: forecast(input)?.likelihood ?? 0 }
    })
    const learned = new Map<string, Rate>()
    for (const { delivery, key, likelihood } of judged) {
      delivery.replays++
      const arrived = this.send(at, delivery.payload, false) === null
      this.outcomes.push({ receiver: this.receiver.name, likelihood, arrived })
      if (arrived) delivery.status = 'DELIVERED'
      const rate = learned.get(key) ?? { tried: 0, arrived: 0 }
      learned.set(key, { tried: rate.tried + 1, arrived: rate.arrived + (arrived ? 1 : 0) })
    }
    for (const [key, rate] of learned) this.learn(key, rate)
  }

  private learn(key: string, rate: Rate): void {
    const { tried, arrived } = weightOf(rate)
    for (const rates of [this.webhookRates, this.tenant]) {
      const learned = rates.get(key) ?? { tried: 0, arrived: 0 }
      rates.set(key, { tried: learned.tried + tried, arrived: learned.arrived + arrived })
    }
  }

  private input(at: number, delivery: SimulatedDelivery): ForecastInput {
    const now = Math.floor(at / 60)
    const range = (from: number, to: number): AttemptMinute[] => {
      const minutes: AttemptMinute[] = []
      for (let minute = from; minute <= to; minute++) {
        const counts = this.minutes.get(minute)
        if (counts) minutes.push(counts)
      }
      return minutes
    }
    const date = (seconds: number | null) => (seconds === null ? null : new Date(seconds * 1_000))
    const tens = Math.floor(delivery.failedAt / 600) * 10
    const history = range(now - HOUR_MINUTES + 1, now)
    const around = aroundOf(history, {
      failedAt: new Date(delivery.failedAt * 1_000),
      firstMinute: now - HOUR_MINUTES + 1,
      tenMinutes: sumOf(range(tens, tens + 9)),
    })
    return {
      delivery: {
        status: delivery.status === 'PENDING' ? 'FAILED' : delivery.status,
        webhookId: this.receiver.name,
        targetUrl: 'https://receiver.example/',
        lastErrorKind: delivery.failure?.kind ?? null,
        lastStatusCode: delivery.failure?.code ?? null,
        failedAt: new Date(delivery.failedAt * 1_000),
      },
      webhook: { url: 'https://receiver.example/', state: 'ENABLED', deletedAt: null },
      receiver: {
        circuit: this.circuit.circuit,
        failingSince: this.circuit.failingSince,
        consecutiveFailures: this.circuit.consecutiveFailures,
        minutes: history,
        lastSuccessAt: date(this.lastSuccess),
        lastFailureAt: date(this.lastFailure),
      },
      around,
      learned: { webhook: this.webhookRates, tenant: this.tenant },
      now: at * 1_000,
    }
  }
}
