import { expect, test } from 'vitest'
import { createPace } from './pace.ts'

const LONG = 60_000
/** Occupies the event loop, as a piece of work does. */
const work = (ms: number) => {
  for (const began = performance.now(); performance.now() - began < ms; );
}
const turnOfLoop = () => new Promise((resolve) => setImmediate(resolve))

/** Runs 20 pieces of 2 ms. Returns their order, and how many were done in each turn of the event loop. */
async function run(withinMs: number): Promise<{ order: number[]; doneByTurn: number[] }> {
  const pace = createPace()
  const order: number[] = []
  const doneByTurn: number[] = []
  for (let i = 0; i < 20; i++)
    void pace(withinMs).then(() => {
      work(2)
      order.push(i)
    })
  while (order.length < 20) {
    await turnOfLoop()
    doneByTurn.push(order.length)
  }
  return { order, doneByTurn }
}

test('a single caller continues before the event loop does anything else', async () => {
  const pace = createPace()
  const seen: string[] = []
  setImmediate(() => seen.push('loop'))
  await pace(LONG)
  seen.push('caller')
  await turnOfLoop()
  expect(seen).toEqual(['caller', 'loop'])
})

test('many callers continue in the order of their calls, with many turns of the event loop between them', async () => {
  const { order, doneByTurn } = await run(LONG)
  expect(order).toEqual(Array.from({ length: 20 }, (_, i) => i))
  expect(doneByTurn.length).toBeGreaterThan(10 * order.length)
})

test('late waiters continue without rests, but leave a turn of the event loop to other work', async () => {
  const { order, doneByTurn } = await run(0)
  expect(order).toEqual(Array.from({ length: 20 }, (_, i) => i))
  // Immediates of the test and of the pace take turns, whichever is first.
  expect(doneByTurn.length).toBeLessThan(3 * order.length)
  for (const [turn, done] of doneByTurn.entries()) expect(done).toBeLessThanOrEqual(turn + 2)
})

test('a waiter that may wait less continues before earlier ones', async () => {
  const pace = createPace()
  const seen: string[] = []
  const waits = (name: string, withinMs: number) => pace(withinMs).then(() => seen.push(name))
  await Promise.all([waits('first', LONG), waits('patient', LONG), waits('urgent', 30_000), waits('next', 30_000)])
  expect(seen).toEqual(['first', 'urgent', 'next', 'patient'])
})
