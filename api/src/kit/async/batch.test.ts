import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createBatcher } from './batch.ts'

/** A batcher whose runs end when the test ends them. */
function controlled(options: { max: number; lanes: number; weigh?: (item: number) => number }) {
  const runs: Array<{ items: number[]; end: () => void; fail: (error: Error) => void }> = []
  const batcher = createBatcher<number, number>({
    ...options,
    run: (items) =>
      new Promise((resolve, reject) => {
        runs.push({ items: [...items], end: () => resolve(items.map((item) => item * 10)), fail: reject })
      }),
  })
  return { batcher, runs }
}
const turn = () => new Promise((resolve) => setImmediate(resolve))

test('callers in one turn share a batch, and items that arrive while it runs form the next one', async () => {
  const { batcher, runs } = controlled({ max: 10, lanes: 1 })
  const first = [batcher(1), batcher(2)]
  await turn()
  const second = [batcher(3), batcher(4), batcher(5)]
  await turn()
  expect(runs.map((run) => run.items)).toEqual([[1, 2]])
  runs[0]!.end()
  expect(await Promise.all(first)).toEqual([10, 20])
  await turn()
  expect(runs[1]!.items).toEqual([3, 4, 5])
  runs[1]!.end()
  expect(await Promise.all(second)).toEqual([30, 40, 50])
  await batcher.idle()
})

test('a failed batch rejects only its own callers', async () => {
  const { batcher, runs } = controlled({ max: 2, lanes: 2 })
  const all = [1, 2, 3, 4].map((item) => batcher(item))
  await turn()
  runs[0]!.fail(new Error('broken'))
  runs[1]!.end()
  expect((await Promise.allSettled(all)).map((result) => result.status)).toEqual([
    'rejected',
    'rejected',
    'fulfilled',
    'fulfilled',
  ])
})

test('an item heavier than a batch runs alone', async () => {
  const { batcher, runs } = controlled({ max: 5, lanes: 3, weigh: (item) => item })
  for (const item of [2, 3, 9, 2]) void batcher(item)
  await turn()
  expect(runs.map((run) => run.items)).toEqual([[2, 3], [9], [2]])
  for (const run of runs) run.end()
  await batcher.idle()
})

test('a further lane is not used for a few items: they wait until they are worth a statement', async () => {
  const { batcher, runs } = controlled({ max: 8, lanes: 2 })
  void batcher(1)
  await turn()
  void batcher(2)
  await turn()
  expect(runs.map((run) => run.items)).toEqual([[1]])
  void batcher(3)
  await turn()
  expect(runs.map((run) => run.items)).toEqual([[1], [2, 3]])
  for (const run of runs) run.end()
  await batcher.idle()
})

test('every item gets its own result once, for any sizes and order of arrival', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.integer(), { maxLength: 20 }), { maxLength: 10 }),
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 3 }),
      async (turns, max, lanes) => {
        let running = 0
        const batcher = createBatcher<number, string>({
          max,
          lanes,
          async run(items) {
            expect(++running).toBeLessThanOrEqual(lanes)
            expect(items.length).toBeLessThanOrEqual(max)
            await turn()
            running--
            return items.map(String)
          },
        })
        const answers: Promise<string>[] = []
        for (const items of turns) {
          answers.push(...items.map((item) => batcher(item)))
          await turn()
        }
        expect(await Promise.all(answers)).toEqual(turns.flat().map(String))
        await batcher.idle()
      },
    ),
    { numRuns: 50 },
  )
})

test('a lingering batch collects items of several turns and starts early once it is worthwhile', async () => {
  const batches: number[][] = []
  const batcher = createBatcher<number, number>({
    max: 100,
    lanes: 1,
    worthwhile: 3,
    lingerMs: 60_000,
    run: async (items) => {
      batches.push(items)
      return items
    },
  })
  const first = [batcher(1), batcher(2)]
  await turn()
  expect(batches).toEqual([])
  await Promise.all([...first, batcher(3)])
  expect(batches).toEqual([[1, 2, 3]])
})

test('a lingering batch starts by itself', async () => {
  const batcher = createBatcher<number, number>({ max: 100, lanes: 1, lingerMs: 1, run: async (items) => items })
  expect(await batcher(1)).toBe(1)
  await batcher.idle()
})

test('a further lane starts only once it is worthwhile', async () => {
  const ends: Array<() => void> = []
  const batches: number[][] = []
  const batcher = createBatcher<number, number>({
    max: 100,
    lanes: 2,
    worthwhile: 2,
    async run(items) {
      batches.push(items)
      await new Promise<void>((end) => ends.push(end))
      return items
    },
  })
  const all = [batcher(1)]
  await turn()
  all.push(batcher(2))
  await turn()
  expect(batches).toEqual([[1]])
  all.push(batcher(3))
  await turn()
  expect(batches).toEqual([[1], [2, 3]])
  for (const end of ends) end()
  await Promise.all(all)
})
