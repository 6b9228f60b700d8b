import fc from 'fast-check'
import { expect, test } from 'vitest'
import { healthChange, type WatchedWebhook } from './degradation.ts'

const NONE = { delivered: 0, failed: 0 }
const watched = (over: Partial<WatchedWebhook>): WatchedWebhook => ({
  isDegraded: false,
  circuit: 'CLOSED',
  failingSince: null,
  last10Minutes: NONE,
  last5Minutes: NONE,
  ...over,
})

test('a webhook degrades below 90 % success or with an open circuit, and recovers from 97 % on after a success', () => {
  expect(healthChange(watched({ last10Minutes: { delivered: 80, failed: 20 } }))).toEqual({
    to: 'DEGRADED',
    reason: '20 of 100 attempts of the last 10 minutes failed.',
  })
  expect(healthChange(watched({ last10Minutes: { delivered: 93, failed: 7 } }))).toBeNull()
  expect(healthChange(watched({ last10Minutes: { delivered: 1, failed: 4 } }))).toBeNull()
  expect(healthChange(watched({ circuit: 'OPEN' }))?.to).toBe('DEGRADED')

  const degraded = { isDegraded: true }
  expect(healthChange(watched({ ...degraded, last5Minutes: { delivered: 93, failed: 7 } }))).toBeNull()
  expect(healthChange(watched({ ...degraded, last5Minutes: { delivered: 99, failed: 1 } }))?.to).toBe('RECOVERED')
  expect(healthChange(watched({ ...degraded, circuit: 'HALF_OPEN' }))).toBeNull()
  expect(healthChange(watched({ ...degraded, failingSince: new Date() }))).toBeNull()
})

test('the same figures never degrade a webhook and let it recover', () => {
  const share = fc.record({ delivered: fc.nat(200), failed: fc.nat(200) })
  fc.assert(
    fc.property(share, fc.constantFrom('CLOSED', 'OPEN', 'HALF_OPEN'), (figures, circuit) => {
      const webhook = watched({ circuit, last10Minutes: figures, last5Minutes: figures })
      const changes = [false, true].map((isDegraded) => healthChange({ ...webhook, isDegraded }))
      expect(changes.filter((change) => change !== null).length).toBeLessThan(2)
    }),
  )
})
