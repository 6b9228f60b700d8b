import type { ErrorKind } from '../../../../../prisma/generated/client/enums.ts'
import { between, seededRandom } from './random.ts'

/** All times in the simulation are seconds since its start. */
export interface SimulatedFailure {
  kind: ErrorKind
  code: number | null
}

/** A payload. If it has a defect, the receiver answers with `failure` until the receiver is fixed at `fixedAt`. */
export interface SimulatedPayload {
  defect: { failure: SimulatedFailure; fixedAt: number } | null
}

export interface SimulatedReceiver {
  name: string
  eventsPerMinute(at: number): number
  newPayload(at: number): SimulatedPayload
  /**
   * Returns the failure that the receiver answers with, or null for a success. `load` is the number of requests that
   * the receiver has got in this minute.
   */
  answer(at: number, payload: SimulatedPayload, load: number): SimulatedFailure | null
  circuitBreaker: boolean
  retrySchedule: readonly number[]
}

interface Spell {
  from: number
  to: number
  failures: readonly SimulatedFailure[]
}

const HOUR = 3_600
const MINUTE = 60
const http = (code: number): SimulatedFailure => ({ kind: code >= 500 ? 'HTTP_5XX' : 'HTTP_4XX', code })
const REFUSED: SimulatedFailure = { kind: 'CONNECT', code: null }
const SLOW: SimulatedFailure = { kind: 'TIMEOUT', code: null }
const NO_DEFECT: SimulatedPayload = { defect: null }

/** Periods of failure with pauses between them, until the end of the simulation. */
function spells(
  random: () => number,
  duration: number,
  pause: readonly [number, number],
  length: readonly [number, number],
  failures: readonly SimulatedFailure[],
): Spell[] {
  const result: Spell[] = []
  for (let at = between(random, 0, pause[1]); at < duration; ) {
    const to = at + between(random, ...length)
    result.push({ from: at, to, failures })
    at = to + between(random, ...pause)
  }
  return result
}

interface Behaviour {
  spells?: Spell[]
  /**
   * The share of payloads with a defect, the failure that they cause, and the range of seconds after which the receiver
   * is fixed.
   */
  defects?: { share: number; failure: SimulatedFailure; fixedAfter: readonly [number, number] }
  /** Share of requests that fail at random. */
  noise?: number
  limitPerMinute?: number
  rate?: (at: number) => number
  circuitBreaker?: boolean
  retrySchedule?: readonly number[]
}

function receiver(name: string, random: () => number, behaviour: Behaviour): SimulatedReceiver {
  const { defects, noise = 0.003, limitPerMinute = Number.POSITIVE_INFINITY } = behaviour
  return {
    name,
    circuitBreaker: behaviour.circuitBreaker ?? true,
    retrySchedule: behaviour.retrySchedule ?? [5, 60, 300],
    eventsPerMinute: behaviour.rate ?? (() => 8),
    newPayload(at) {
      if (!defects || random() >= defects.share) return NO_DEFECT
      return { defect: { failure: defects.failure, fixedAt: at + between(random, ...defects.fixedAfter) } }
    },
    answer(at, { defect }, load) {
      const spell = behaviour.spells?.find(({ from, to }) => at >= from && at < to)
      if (spell) return spell.failures[Math.floor(random() * spell.failures.length)] ?? null
      if (load > limitPerMinute) return { kind: 'HTTP_429', code: 429 }
      if (defect && at < defect.fixedAt) return defect.failure
      return random() < noise ? http(500) : null
    },
  }
}

const NEVER: readonly [number, number] = [1e9, 1e9]

/** Simulated receivers with typical failures. `duration` is in seconds. */
export function fleet(seed: number, duration: number): SimulatedReceiver[] {
  const random = seededRandom(seed)
  const make = (name: string, behaviour: (ownRandom: () => number) => Behaviour) => {
    const ownRandom = seededRandom(Math.floor(random() * 2 ** 32))
    return receiver(name, ownRandom, behaviour(ownRandom))
  }
  const during = (
    ownRandom: () => number,
    pause: readonly [number, number],
    length: readonly [number, number],
    ...failures: SimulatedFailure[]
  ) => ({ spells: spells(ownRandom, duration, pause, length, failures) })
  return [
    make('outages that end', (ownRandom) => ({
      ...during(ownRandom, [HOUR, 4 * HOUR], [4 * MINUTE, HOUR], http(503), http(502)),
      circuitBreaker: false,
    })),
    make('outages, with a circuit', (ownRandom) => ({
      ...during(ownRandom, [HOUR, 3 * HOUR], [5 * MINUTE, 40 * MINUTE], REFUSED),
      retrySchedule: [],
    })),
    make('slow outages', (ownRandom) => ({
      ...during(ownRandom, [2 * HOUR, 5 * HOUR], [10 * MINUTE, 90 * MINUTE], SLOW, http(504)),
      retrySchedule: [5],
    })),
    make('deploys', (ownRandom) => ({
      ...during(ownRandom, [20 * MINUTE, 2 * HOUR], [20, 2 * MINUTE], REFUSED, http(503)),
      retrySchedule: [],
      circuitBreaker: false,
    })),
    make('bad payloads', () => ({ defects: { share: 0.04, failure: http(422), fixedAfter: NEVER } })),
    make('bad payloads, mended by a release', () => ({
      defects: { share: 0.03, failure: http(400), fixedAfter: [HOUR, 30 * HOUR] },
    })),
    make('payloads that crash the receiver', () => ({
      defects: { share: 0.03, failure: http(500), fixedAfter: NEVER },
    })),
    make('crashes and outages', (ownRandom) => ({
      ...during(ownRandom, [2 * HOUR, 6 * HOUR], [5 * MINUTE, 30 * MINUTE], http(503)),
      defects: { share: 0.02, failure: http(500), fixedAfter: [4 * HOUR, 40 * HOUR] },
      circuitBreaker: false,
    })),
    make('expired credentials', (ownRandom) => ({
      ...during(ownRandom, [5 * HOUR, 9 * HOUR], [HOUR, 5 * HOUR], http(401)),
      circuitBreaker: false,
    })),
    make('forbidden for some', () => ({
      defects: { share: 0.03, failure: http(403), fixedAfter: [6 * HOUR, 60 * HOUR] },
    })),
    make('expired certificate', (ownRandom) => ({
      ...during(ownRandom, [6 * HOUR, 12 * HOUR], [HOUR, 4 * HOUR], { kind: 'TLS', code: null }),
      retrySchedule: [5],
    })),
    make('rate limits', () => ({
      limitPerMinute: 12,
      rate: (at) => (Math.floor(at / (10 * MINUTE)) % 5 === 0 ? 24 : 6),
      retrySchedule: [],
      circuitBreaker: false,
    })),
    make('flapping', (ownRandom) => ({
      ...during(ownRandom, [MINUTE, 6 * MINUTE], [MINUTE, 5 * MINUTE], http(502), REFUSED),
      retrySchedule: [5, 30],
      circuitBreaker: false,
    })),
    make('flapping for an hour now and then', (ownRandom) => ({
      spells: spells(ownRandom, duration, [3 * HOUR, 5 * HOUR], [HOUR, HOUR], [http(503)]).flatMap(({ from }) =>
        spells(ownRandom, HOUR, [30, 4 * MINUTE], [30, 3 * MINUTE], [http(503)]).map((spell) => ({
          ...spell,
          from: from + spell.from,
          to: from + spell.to,
        })),
      ),
      retrySchedule: [5],
      circuitBreaker: false,
    })),
    make('few events', (ownRandom) => ({
      ...during(ownRandom, [3 * HOUR, 8 * HOUR], [30 * MINUTE, 3 * HOUR], http(503)),
      rate: () => 0.1,
      retrySchedule: [5, 60],
    })),
  ]
}
