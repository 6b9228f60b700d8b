import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CircuitState, DeliveryStatus, ErrorKind, WebhookState } from '../../../../prisma/generated/client/enums.ts'
import { type ForecastInput, forecast, RECOMMENDED_LIKELIHOOD } from './forecast.ts'
import { learnedRate, NOTHING_LEARNED, situationKey } from './rates.ts'
import { type AttemptMinute, NO_ATTEMPTS, receiverState } from './receiver.ts'

const NOW = Date.parse('2026-03-01T12:30:00Z')
const FAILED_AT = new Date('2026-03-01T12:00:00Z')
const minutesAgo = (ago: number, succeeded: number, failed = 0, refused = 0): AttemptMinute => ({
  minute: NOW / 60_000 - ago,
  succeeded,
  failed,
  refused,
})

type Over = { [Part in keyof ForecastInput]?: Partial<ForecastInput[Part]> }
const given = ({ delivery, webhook, receiver, around, learned }: Over = {}): ForecastInput => ({
  delivery: {
    status: 'DEAD_LETTER',
    webhookId: 'w',
    targetUrl: 'https://a.example/',
    lastErrorKind: 'HTTP_5XX',
    lastStatusCode: 503,
    failedAt: FAILED_AT,
    ...delivery,
  },
  webhook: { url: 'https://a.example/', state: 'ENABLED', deletedAt: null, ...webhook },
  receiver: {
    circuit: 'CLOSED',
    failingSince: null,
    consecutiveFailures: 0,
    minutes: [],
    lastSuccessAt: null,
    lastFailureAt: null,
    ...receiver,
  },
  around: { ...NO_ATTEMPTS, ...around },
  learned: { ...NOTHING_LEARNED, ...learned },
  now: NOW,
})
const likelihood = (over: Over) => forecast(given(over))?.likelihood ?? Number.NaN

const BACK: Over['receiver'] = {
  minutes: [minutesAgo(30, 0, 12), minutesAgo(3, 8), minutesAgo(0, 5)],
  lastSuccessAt: new Date(NOW - 5_000),
  lastFailureAt: FAILED_AT,
}
const DOWN: Over['receiver'] = {
  minutes: [minutesAgo(2, 0, 4), minutesAgo(0, 0, 3)],
  failingSince: FAILED_AT,
  consecutiveFailures: 9,
}

test('only failed and dead deliveries have a forecast', () => {
  for (const status of ['PENDING', 'DELIVERED', 'CANCELLED'] as const) {
    expect(forecast(given({ delivery: { status } }))).toBeNull()
  }
  expect(forecast(given({ delivery: { status: 'FAILED' } }))).not.toBeNull()
  expect(likelihood({ webhook: { deletedAt: FAILED_AT } })).toBe(0)
})

test('after an outage a replay is recommended; while the receiver is down it is not', () => {
  const back = forecast(given({ receiver: BACK }))
  expect(back?.likelihood).toBeGreaterThan(RECOMMENDED_LIKELIHOOD)
  expect(back?.basis).toBe(
    'The receiver was failing (503). It has accepted requests since: 13 of 13 requests of the last 10 minutes succeeded, none has failed for 30 minutes.',
  )
  const silent = likelihood({ receiver: { failingSince: FAILED_AT } })
  const down = likelihood({ receiver: DOWN })
  expect(back?.likelihood).toBeGreaterThan(silent)
  expect(silent).toBeGreaterThan(down)
  expect(down).toBeLessThan(0.1)
  const open = forecast(given({ receiver: { ...BACK, circuit: 'OPEN', consecutiveFailures: 10 } }))
  expect(open?.likelihood).toBeLessThan(0.1)
  expect(open?.basis).toContain('circuit is open after 10 failures')
})

test('successes before the failure do not count for the time after it', () => {
  const before = { ...BACK, lastSuccessAt: new Date(NOW - 120_000) }
  const delivery = { failedAt: new Date(NOW - 60_000) }
  expect(likelihood({ delivery, receiver: before })).toBeLessThan(RECOMMENDED_LIKELIHOOD)
  expect(likelihood({ delivery, receiver: BACK })).toBeGreaterThan(RECOMMENDED_LIKELIHOOD)
})

test('a refused payload stays unlikely even if the receiver is healthy; a corrected URL does not', () => {
  const refused = forecast(given({ delivery: { lastErrorKind: 'HTTP_4XX', lastStatusCode: 422 }, receiver: BACK }))
  expect(refused?.likelihood).toBeLessThan(0.1)
  expect(refused?.basis).toContain('(422), and a replay sends the same one')
  const missing = { lastErrorKind: 'HTTP_4XX' as const, lastStatusCode: 404 }
  expect(likelihood({ delivery: missing, receiver: BACK })).toBeGreaterThan(RECOMMENDED_LIKELIHOOD)
  const moved = { delivery: { lastErrorKind: 'BLOCKED_ADDRESS' as const }, receiver: BACK }
  expect(likelihood(moved)).toBeLessThan(0.2)
  expect(likelihood({ ...moved, webhook: { url: 'https://b.example/' } })).toBeGreaterThan(RECOMMENDED_LIKELIHOOD)
})

test('a delivery that failed while others succeeded is less likely to succeed than one of an outage', () => {
  const alone = forecast(given({ receiver: BACK, around: { succeeded: 20, failed: 1 } }))
  expect(alone?.likelihood).toBeLessThan(0.5)
  expect(alone?.basis).toContain('Other deliveries of this webhook succeeded at the same time.')
  expect(likelihood({ receiver: BACK, around: { succeeded: 1, failed: 20 } })).toBeGreaterThan(RECOMMENDED_LIKELIHOOD)
})

test('refusals show that a receiver is up; a receiver that keeps going down is unsteady even if it works now', () => {
  const state = (minutes: AttemptMinute[]) => receiverState(given({ receiver: { ...BACK, minutes } }).receiver, NOW)
  expect(state([minutesAgo(1, 4, 0, 9)])).toBe('UP')
  expect(state([minutesAgo(4, 9, 9)])).toBe('UNSTEADY')
  const turns = [40, 30, 20].flatMap((ago) => [minutesAgo(ago, 5), minutesAgo(ago - 5, 0, 5)])
  expect(state([...turns, minutesAgo(1, 9)])).toBe('UNSTEADY')
})

test('rates move from the prior towards the results of the tenant and then of the webhook', () => {
  const situation = { failure: 'OUTAGE', receiver: 'UP', isAlone: false } as const
  const key = situationKey(situation)
  const rate = (webhook: number, tenant: number, tried = 500) =>
    learnedRate(situation, {
      webhook: new Map([[key, { tried, arrived: tried * webhook }]]),
      tenant: new Map([[key, { tried, arrived: tried * tenant }]]),
    })
  expect(rate(0.2, 0.9)).toBeCloseTo(0.2, 1)
  expect(rate(0, 0.3, 0)).toBeGreaterThan(0.9)
  const ofTenant = learnedRate(situation, {
    webhook: new Map(),
    tenant: new Map([[key, { tried: 500, arrived: 50 }]]),
  })
  expect(ofTenant).toBeCloseTo(0.1, 1)
  expect(
    forecast(given({ receiver: BACK, learned: { webhook: new Map([[key, { tried: 40, arrived: 10 }]]) } }))?.basis,
  ).toContain('25 % of earlier attempts of this webhook succeeded')
})

test('every forecast has a likelihood and sentences', () => {
  const one = <T extends string>(values: Record<string, T>) => fc.constantFrom(...Object.values(values))
  const counts = { succeeded: fc.nat(9_999), failed: fc.nat(9_999), refused: fc.nat(9_999) }
  const minute = fc.record({ minute: fc.integer({ min: NOW / 60_000 - 59, max: NOW / 60_000 }), ...counts })
  fc.assert(
    fc.property(
      one(DeliveryStatus),
      one(WebhookState),
      one(CircuitState),
      fc.option(one(ErrorKind)),
      fc.option(fc.integer({ min: 100, max: 599 })),
      fc.record({
        minutes: fc.array(minute, { maxLength: 6 }),
        lastSuccessAt: fc.option(fc.constant(new Date(NOW))),
        failingSince: fc.option(fc.constant(FAILED_AT)),
        lastFailureAt: fc.option(fc.constant(FAILED_AT)),
      }),
      fc.record(counts),
      (status, state, circuit, lastErrorKind, lastStatusCode, receiver, around) => {
        const result = forecast(
          given({
            delivery: { status, lastErrorKind, lastStatusCode },
            webhook: { state },
            receiver: { ...receiver, circuit },
            around,
          }),
        )
        if (result === null) return
        expect(result.likelihood).toBeGreaterThanOrEqual(0)
        expect(result.likelihood).toBeLessThanOrEqual(1)
        expect(result.basis).toMatch(/^[A-Z].*\.$/)
        expect(result.basis).not.toMatch(/null|undefined|NaN/)
      },
    ),
  )
})
