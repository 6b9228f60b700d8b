import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CircuitState, DeliveryStatus, ErrorKind, WebhookState } from '../../../../prisma/generated/client/enums.ts'
import { type ForecastInput, forecast, NO_RECENT } from './forecast.ts'

const FAILED_AT = new Date('2026-03-01T12:00:00Z')
const LATER = new Date('2026-03-01T12:10:00Z')

type Over = { [Part in keyof ForecastInput]?: Partial<ForecastInput[Part]> }
const given = ({ delivery, webhook, recent }: Over = {}): ForecastInput => ({
  delivery: {
    status: 'DEAD_LETTER',
    targetUrl: 'https://a.example/',
    lastErrorKind: 'HTTP_5XX',
    lastStatusCode: 503,
    failedAt: FAILED_AT,
    ...delivery,
  },
  webhook: {
    url: 'https://a.example/',
    state: 'ENABLED',
    circuit: 'CLOSED',
    failingSince: null,
    consecutiveFailures: 0,
    deletedAt: null,
    ...webhook,
  },
  recent: { ...NO_RECENT, ...recent },
})
const likelihood = (over: Over) => forecast(given(over))?.likelihood ?? Number.NaN

test('only what failed has a forecast', () => {
  for (const status of ['PENDING', 'DELIVERED', 'CANCELLED'] as const) {
    expect(forecast(given({ delivery: { status } }))).toBeNull()
  }
  expect(forecast(given({ delivery: { status: 'FAILED' } }))).not.toBeNull()
})

test('a webhook that takes deliveries again beats one nothing is known of, which beats one that fails, which beats an open circuit', () => {
  const back = likelihood({ recent: { succeeded: 20, failed: 1, lastSuccessAt: LATER } })
  const unknown = likelihood({})
  const failing = likelihood({
    webhook: { failingSince: FAILED_AT, consecutiveFailures: 4 },
    recent: { succeeded: 0, failed: 4 },
  })
  const open = likelihood({ webhook: { circuit: 'OPEN', failingSince: FAILED_AT, consecutiveFailures: 10 } })
  expect(back).toBeGreaterThan(0.9)
  expect(back).toBeGreaterThan(unknown)
  expect(unknown).toBeGreaterThan(failing)
  expect(failing).toBeGreaterThanOrEqual(open)
})

test('what the receiver refused because of its content stays unlikely, however well the webhook is; a mended address does not', () => {
  const recent = { succeeded: 50, failed: 0, lastSuccessAt: LATER }
  const refused = given({ delivery: { lastErrorKind: 'HTTP_4XX', lastStatusCode: 422 }, recent })
  expect(forecast(refused)).toMatchObject({ likelihood: 0.1 })
  expect(forecast(refused)?.basis).toContain('422')
  expect(likelihood({ delivery: { lastErrorKind: 'HTTP_4XX', lastStatusCode: 404 }, recent })).toBeGreaterThan(0.9)
  const moved = { delivery: { lastErrorKind: 'BLOCKED_ADDRESS' as const }, webhook: { url: 'https://b.example/' } }
  expect(likelihood(moved)).toBeGreaterThan(0.3)
  expect(likelihood({ ...moved, webhook: {} })).toBeLessThan(0.05)
  expect(likelihood({ webhook: { deletedAt: LATER } })).toBe(0)
})

test('whatever is known, the likelihood is one and the words are a sentence', () => {
  const one = <T extends string>(values: Record<string, T>) => fc.constantFrom(...Object.values(values))
  fc.assert(
    fc.property(
      one(DeliveryStatus),
      one(WebhookState),
      one(CircuitState),
      fc.option(one(ErrorKind)),
      fc.option(fc.integer({ min: 100, max: 599 })),
      fc.record({ succeeded: fc.nat(10_000), failed: fc.nat(10_000), lastSuccessAt: fc.option(fc.constant(LATER)) }),
      fc.option(fc.constant(FAILED_AT)),
      (status, state, circuit, lastErrorKind, lastStatusCode, recent, failingSince) => {
        const result = forecast(
          given({
            delivery: { status, lastErrorKind, lastStatusCode },
            webhook: { state, circuit, failingSince },
            recent,
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
