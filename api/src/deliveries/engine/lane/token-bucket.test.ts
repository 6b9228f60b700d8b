import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TokenBucket } from './token-bucket.ts'

test('within a second at most burst plus rate tokens are spent', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 400 }),
      (rate, pauses) => {
        const bucket = new TokenBucket()
        let now = 1_000_000
        const spent: number[] = []
        for (const pause of pauses) {
          now += pause
          if (bucket.spend(rate, now) === 0) spent.push(now)
        }
        for (const from of spent) {
          const within = spent.filter((at) => at >= from && at < from + 1_000).length
          expect(within).toBeLessThanOrEqual(2 * rate + 1)
        }
      },
    ),
  )
})

test('a token is available after the returned wait', () => {
  const bucket = new TokenBucket()
  expect(bucket.spend(3, 5_000)).toBe(0)
  const wait = bucket.spend(3, 5_000)
  expect(wait).toBeGreaterThan(0)
  expect(bucket.spend(3, 5_000 + wait)).toBe(0)
})
