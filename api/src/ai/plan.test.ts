import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseEnv } from '../env.ts'
import { attemptTimeout, drawOrder, reservedMs } from './plan.ts'
import { loadProviders, type Provider } from './providers/registry.ts'

const [shipped] = loadProviders(
  parseEnv({
    DATABASE_URL: 'postgresql://x@127.0.0.1/x',
    REDIS_URL: 'redis://127.0.0.1',
    SECRET_KEY: Buffer.alloc(32).toString('base64'),
  }),
  Date.now,
)
const provider = (name: string, more: Partial<Provider> = {}): Provider => ({ ...shipped!, name, ...more })

test('providers are ordered by priority, each once, for any random number', () => {
  const providers = [
    provider('c', { priority: 2 }),
    provider('a', { priority: 1 }),
    provider('b', { priority: 1 }),
    provider('d', { priority: 3 }),
  ]
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 4, maxLength: 4 }),
      (drawn) => {
        let at = 0
        const names = drawOrder(providers, () => drawn[at++ % drawn.length]!).map(({ name }) => name)
        expect(names.slice(0, 2).toSorted()).toEqual(['a', 'b'])
        expect(names.slice(2)).toEqual(['c', 'd'])
      },
    ),
  )
})

test('providers of one priority share the load by their weights', () => {
  const providers = [provider('heavy', { weight: 3 }), provider('light', { weight: 1 })]
  const firsts = Array.from({ length: 400 }, (_, i) => drawOrder(providers, () => i / 400)[0]!.name)
  expect(firsts.filter((name) => name === 'heavy')).toHaveLength(300)
})

test('attempts fit into the remaining time of the request, and each later provider gets its share', () => {
  const timeout = fc.integer({ min: 50, max: 20_000 })
  fc.assert(
    fc.property(
      fc.array(timeout, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 0, max: 60_000 }),
      (timeouts, budget) => {
        let left = budget
        const providers = timeouts.map((timeoutMs, i) => provider(`p${i}`, { timeoutMs }))
        for (const [i, one] of providers.entries()) {
          const given = attemptTimeout(one, providers.slice(i + 1), left)
          expect(given).toBeLessThanOrEqual(one.timeoutMs)
          left -= given
          expect(left).toBeGreaterThanOrEqual(0)
          if (budget >= 1_000 * timeouts.length) expect(given).toBeGreaterThan(0)
        }
      },
    ),
  )
})

test('requests that arrive together give up one after another, and keep most of their time', () => {
  expect([0, 1, 2, 10].map((others) => reservedMs(3_000, others))).toEqual([250, 252.5, 255, 275])
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 600_000 }), fc.integer({ min: 0, max: 10_000 }), (timeoutMs, others) => {
      const reserved = reservedMs(timeoutMs, others)
      expect(reserved).toBeGreaterThan(0)
      expect(reserved).toBeLessThanOrEqual(0.3 * timeoutMs + 1e-9)
    }),
  )
})
