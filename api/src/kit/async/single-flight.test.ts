import { expect, test } from 'vitest'
import { createSingleFlight } from './single-flight.ts'

test('calls during a run share its result, and a later call starts another run', async () => {
  const ends: ((n: number) => void)[] = []
  const flight = createSingleFlight(() => new Promise<number>((resolve) => ends.push(resolve)))
  expect(flight.current).toBeUndefined()
  const shared = Promise.all([flight.run(), flight.run(), flight.current])
  expect(ends).toHaveLength(1)
  ends[0]?.(1)
  expect(await shared).toEqual([1, 1, 1])
  expect(flight.current).toBeUndefined()
  const later = flight.run()
  ends[1]?.(2)
  expect(await later).toBe(2)
})

test('an error rejects all calls that share the run, and does not affect the next run', async () => {
  let runs = 0
  const flight = createSingleFlight(async () => {
    runs += 1
    if (runs === 1) throw new Error('away')
    return runs
  })
  const results = await Promise.allSettled([flight.run(), flight.run()])
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await flight.run()).toBe(2)
})
