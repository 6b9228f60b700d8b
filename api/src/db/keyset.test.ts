import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AppError } from '../kit/errors.ts'
import { uuidFloor } from '../kit/ids.ts'
import { decodeCursor, encodeCursor, type KeysetRange, keysetPage, type PageArgs } from './keyset.ts'

interface Row {
  id: string
}

/** Ids that are sometimes adjacent, and the minimum and maximum id, which reveal off-by-one errors. */
const id = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 30 }).map((ms) => uuidFloor(1_700_000_000_000 + ms)) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 9 }).map((n) => uuidFloor(1_700_000_000_000).slice(0, -1) + n) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'),
  },
)

/** The expected result for a table. */
const tableOf =
  (rows: readonly Row[]) =>
  async ({ afterId, beforeId, take, order }: KeysetRange): Promise<Row[]> => {
    const within = rows.filter((row) => (!afterId || row.id < afterId) && (!beforeId || row.id > beforeId))
    within.sort((a, b) => (a.id < b.id ? -1 : 1))
    return (order === 'asc' ? within : within.reverse()).slice(0, take)
  }

/** The algorithm of the specification, over all edges at once. */
function specification(rows: readonly Row[], { first, last, after, before }: PageArgs) {
  const all = [...rows].sort((a, b) => (a.id > b.id ? -1 : 1))
  const from = after == null ? null : decodeCursor(after, 'after')
  const to = before == null ? null : decodeCursor(before, 'before')
  const edges = all.filter((row) => (from === null || row.id < from) && (to === null || row.id > to))
  const page = first != null ? edges.slice(0, first) : edges.slice(Math.max(0, edges.length - (last ?? 0)))
  return {
    ids: page.map((row) => row.id),
    hasNextPage: first != null ? edges.length > first : to !== null && all.some((row) => row.id <= to),
    hasPreviousPage: last != null ? edges.length > last : from !== null && all.some((row) => row.id >= from),
  }
}

async function read(rows: readonly Row[], args: PageArgs) {
  const page = await keysetPage(args, tableOf(rows))()
  return {
    ids: page.rows.map((row) => row.id),
    hasNextPage: await page.hasNextPage(),
    hasPreviousPage: await page.hasPreviousPage(),
  }
}

test('pages follow the Relay specification for any rows and cursors', async () => {
  const size = fc.integer({ min: 1, max: 8 })
  const cursor = fc.option(id.map(encodeCursor))
  const args = fc.oneof(
    fc.record({ first: size, after: cursor, before: cursor }),
    fc.record({ last: size, after: cursor, before: cursor }),
  )
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(id, { maxLength: 20 }), args, async (ids, pageArgs) => {
      const rows = ids.map((rowId) => ({ id: rowId }))
      expect(await read(rows, pageArgs)).toEqual(specification(rows, pageArgs))
    }),
    { numRuns: 1_000 },
  )
})

test('paging in either direction returns every row once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(id, { maxLength: 25 }), fc.integer({ min: 1, max: 7 }), async (ids, size) => {
      const rows = ids.map((rowId) => ({ id: rowId }))
      const newestFirst = [...ids].sort().reverse()
      const forth: string[] = []
      for (let after: string | undefined, more = true; more; ) {
        const page = await read(rows, { first: size, after })
        forth.push(...page.ids)
        after = page.ids.at(-1) && encodeCursor(page.ids.at(-1) ?? '')
        more = page.hasNextPage
      }
      expect(forth).toEqual(newestFirst)
      const back: string[] = []
      for (let before: string | undefined, more = true; more; ) {
        const page = await read(rows, { last: size, before })
        back.unshift(...page.ids)
        before = page.ids[0] && encodeCursor(page.ids[0])
        more = page.hasPreviousPage
      }
      expect(back).toEqual(newestFirst)
    }),
    { numRuns: 200 },
  )
})

test('`before` alone returns the page just before it', async () => {
  const rows = Array.from({ length: 60 }, (_, i) => ({ id: uuidFloor(1_700_000_000_000 + i) }))
  const newestFirst = rows.map((row) => row.id).reverse()
  const page = await read(rows, { before: encodeCursor(newestFirst[55] ?? '') })
  expect(page.ids).toEqual(newestFirst.slice(5, 55))
  expect(page).toMatchObject({ hasPreviousPage: true, hasNextPage: true })
})

test('a page takes one query, and adjacent pages are checked only on request', async () => {
  const ranges: KeysetRange[] = []
  const table = tableOf([{ id: uuidFloor(5) }, { id: uuidFloor(6) }])
  const page = await keysetPage({ after: encodeCursor(uuidFloor(6)) }, (range) => {
    ranges.push(range)
    return table(range)
  })()
  await page.hasNextPage()
  expect(ranges).toHaveLength(1)
  expect(await page.hasPreviousPage()).toBe(true)
  expect(ranges).toHaveLength(2)
})

test.each<[PageArgs, string, string]>([
  [{ first: 0 }, 'first', '1 to 200'],
  [{ first: 201 }, 'first', '1 to 200'],
  [{ first: -1 }, 'first', '1 to 200'],
  [{ last: 0 }, 'last', '1 to 200'],
  [{ last: 201 }, 'last', '1 to 200'],
  [{ first: 1, last: 1 }, 'last', 'not both'],
  [{ after: '' }, 'after', 'cursor'],
  [{ after: 'evt_01h2xcejqtf2nbrexx3vqjhp41' }, 'after', 'cursor'],
  [{ before: `${encodeCursor(uuidFloor(1))}A` }, 'before', 'cursor'],
  [{ before: Buffer.from(`02${'0'.repeat(32)}`, 'hex').toString('base64url') }, 'before', 'cursor'],
])('%j is refused at %s', (args, path, says) => {
  const read = () => keysetPage(args, tableOf([]))
  expect(read).toThrow(AppError)
  expect(read).toThrow(
    expect.objectContaining({
      code: 'BAD_USER_INPUT',
      extensions: { path: [path] },
      message: expect.stringContaining(says),
    }),
  )
})

test('a cursor contains only the row key', () => {
  fc.assert(
    fc.property(fc.uuid({ version: 7 }), (uuid) => {
      expect(decodeCursor(encodeCursor(uuid), 'after')).toBe(uuid)
    }),
  )
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        expect(encodeCursor(decodeCursor(text, 'after'))).toBe(text)
      } catch (error) {
        expect(error).toMatchObject({ code: 'BAD_USER_INPUT' })
      }
    }),
  )
})
