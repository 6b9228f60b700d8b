import { expect, test } from 'vitest'
import { createTurns } from './turns.ts'

test('one waiter continues per turn of the event loop, in the order of the calls', async () => {
  const turn = createTurns()
  const seen: number[] = []
  const waiters = Array.from({ length: 5 }, (_, i) => turn().then(() => seen.push(i)))
  const lengths: number[] = []
  while (seen.length < waiters.length) {
    await new Promise((resolve) => setImmediate(resolve))
    lengths.push(seen.length)
  }
  expect(seen).toEqual([0, 1, 2, 3, 4])
  // An immediate of the test may run before or after the one of the turn, but there is one of each per turn.
  for (const [i, length] of lengths.entries()) expect(length).toBeLessThanOrEqual(i + 1)
})

test('a later waiter gets a turn after all others have continued', async () => {
  const turn = createTurns()
  await turn()
  await turn()
})
