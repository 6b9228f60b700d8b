import { expect, test } from 'vitest'
import { readEveryRow } from './read-every-row.ts'

const ROWS = Array.from({ length: 1_050 }, (_, i) => i)

test('a connection is read to its end, each row once', async () => {
  const asked: (string | null)[] = []
  const rows = await readEveryRow(async (after) => {
    asked.push(after)
    const start = after === null ? 0 : Number(after)
    const end = start + 200
    return { nodes: ROWS.slice(start, end), pageInfo: { hasNextPage: end < ROWS.length, endCursor: String(end) } }
  })
  expect(rows).toEqual(ROWS)
  expect(asked).toEqual([null, '200', '400', '600', '800', '1000'])
})

test('a page without a cursor is the last one', async () => {
  const rows = await readEveryRow(async () => ({ nodes: [1], pageInfo: { hasNextPage: true, endCursor: null } }))
  expect(rows).toEqual([1])
})
