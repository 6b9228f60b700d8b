import fc from 'fast-check'
import { pino } from 'pino'
import { expect, test, vi } from 'vitest'
import { createFeedTail } from './feed-tail.ts'

interface Row {
  seq: bigint
}
const log = pino({ level: 'silent' })
const turn = () => new Promise((resolve) => setImmediate(resolve))

/** A table in memory. Its reads resolve in a later turn of the event loop, like those of a database. */
function table(batch = 100) {
  const rows: Row[] = []
  let reads = 0
  return {
    rows,
    get reads() {
      return reads
    },
    append: (...seqs: number[]) => void rows.push(...seqs.map((seq) => ({ seq: BigInt(seq) }))),
    async head() {
      await turn()
      return rows.at(-1)?.seq ?? 0n
    },
    async read(position: bigint) {
      reads++
      const found = rows.filter((row) => row.seq > position)
      await turn()
      return { rows: found.slice(0, batch), more: found.length > batch }
    },
    positionOf: (row: Row) => row.seq,
    sizeOf: () => 1,
  }
}

async function follow(
  feed: ReturnType<typeof createFeedTail<Row>>,
  from: bigint,
  count: number,
  signal: AbortSignal,
  pause: () => Promise<unknown> = turn,
) {
  const seen: number[] = []
  let position = from
  while (seen.length < count && !signal.aborted) {
    for (const row of await feed.after(position, signal)) {
      seen.push(Number(row.seq))
      position = row.seq
    }
    await pause()
  }
  return seen
}

test('each follower gets every row after its position once, in order, whenever it starts and however slow it is', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 60 }),
      fc.array(fc.record({ at: fc.nat(60), slowness: fc.nat(5) }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 20 }),
      async (gaps, followers, batch, memoryBytes) => {
        const source = table(batch)
        const feed = createFeedTail(source, { batch, memoryBytes, tickMs: 60_000 }, log)
        let seq = 0
        const all = gaps.map((gap) => (seq += gap))
        const following: Promise<{ from: number; seen: number[] }>[] = []
        for (const [i, next] of all.entries()) {
          for (const { at, slowness } of followers) {
            if (at % all.length !== i) continue
            const from = all[Math.floor(i / 2)]!
            const pause = async () => {
              for (let n = 0; n < slowness; n++) await turn()
            }
            following.push(
              follow(feed, BigInt(from), all.filter((s) => s > from).length, new AbortController().signal, pause).then(
                (seen) => ({
                  from,
                  seen,
                }),
              ),
            )
          }
          source.append(next)
          feed.ring()
          if (i % 3 === 0) await turn()
        }
        for (const { from, seen } of await Promise.all(following)) expect(seen).toEqual(all.filter((s) => s > from))
        feed.close()
      },
    ),
    { numRuns: 150 },
  )
})

test('followers near the end share one read', async () => {
  const source = table()
  source.append(1, 2, 3)
  const feed = createFeedTail(source, { batch: 100, memoryBytes: 1_000, tickMs: 60_000 }, log)
  const first = Array.from({ length: 50 }, () => follow(feed, 3n, 2, new AbortController().signal))
  while (source.reads < 1) await turn()
  for (let i = 0; i < 60; i++) await turn()
  const before = source.reads
  source.append(4, 5)
  feed.ring()
  for (const seen of await Promise.all(first)) expect(seen).toEqual([4, 5])
  expect(source.reads - before).toBe(1)
  feed.close()
})

test('an abort ends the wait without rows', async () => {
  const feed = createFeedTail(table(), { batch: 10, memoryBytes: 10, tickMs: 60_000 }, log)
  const abort = new AbortController()
  const waiting = feed.after(0n, abort.signal)
  await turn()
  abort.abort()
  expect(await waiting).toEqual([])
  feed.close()
})

test('a follower loses no rows while the database is unavailable', async () => {
  const source = table()
  source.append(1)
  let failures = 2
  const read = source.read
  const flaky = {
    ...source,
    read: async (position: bigint) => {
      if (failures-- > 0) throw new Error('away')
      return read(position)
    },
  }
  const feed = createFeedTail(flaky, { batch: 10, memoryBytes: 10, tickMs: 5 }, log)
  expect((await feed.after(0n, new AbortController().signal)).map(({ seq }) => seq)).toEqual([1n])
  feed.close()
})

test('the tail is idle without followers and misses no row afterwards', async () => {
  const source = table()
  const feed = createFeedTail(source, { batch: 10, memoryBytes: 100, tickMs: 2 }, log)
  const { signal } = new AbortController()
  source.append(1)
  expect(await follow(feed, 0n, 1, signal)).toEqual([1])
  let before = -1
  await vi.waitFor(() => {
    const { reads } = source
    const still = reads === before
    before = reads
    expect(still).toBe(true)
  })
  source.append(2, 3)
  feed.ring()
  expect(await feed.head()).toBe(3n)
  expect(await follow(feed, 1n, 2, signal)).toEqual([2, 3])
  feed.close()
})

test('a filtered follower reads its filtered backlog, then the tail', async () => {
  const source = table()
  source.append(1, 2, 3, 4)
  const feed = createFeedTail(source, { batch: 10, memoryBytes: 100, tickMs: 60_000 }, log)
  const { signal } = new AbortController()
  const even = async (position: bigint) => {
    const { rows, more } = await source.read(position)
    return { rows: rows.filter(({ seq }) => seq % 2n === 0n), more }
  }
  const after = async (position: bigint) => (await feed.after(position, signal, even)).map(({ seq }) => Number(seq))
  expect(await after(0n)).toEqual([2, 4])
  const waiting = after(4n)
  source.append(5)
  feed.ring()
  expect(await waiting).toEqual([5])
  feed.close()
})
