import { expect, it } from 'vitest'
import { append, pageBehind } from './use-pages.ts'

const id = (n: number) => `evt_${String(n).padStart(3, '0')}`
const edge = (n: number, cursor = `c${n}`) => ({ cursor, node: { id: id(n) } })
const page = (from: number, to: number) => ({
  edges: Array.from({ length: from - to + 1 }, (_, i) => edge(from - i)),
  pageInfo: { hasNextPage: to > 1 },
})

it('finds the rows after one without a cursor, skipping rows of the same time', async () => {
  const asked: (string | null)[] = []
  // The list shows rows 99 to 60, which arrived by subscription. Rows 100 to 41 have the same time as row 60.
  const behind = await pageBehind(id(60), async (after) => {
    asked.push(after)
    const from = after === null ? 100 : Number(after.slice(1)) - 1
    return page(from, Math.max(1, from - 19))
  })
  expect(asked).toEqual([null, 'c81', 'c61'])
  const shown = { edges: Array.from({ length: 40 }, (_, i) => edge(99 - i, '')), pageInfo: { hasNextPage: true } }
  const list = append(shown, behind)
  expect(list.edges.map(({ node }) => node.id)).toEqual(Array.from({ length: 59 }, (_, i) => id(99 - i)))
  expect(list.edges.at(-1)).toEqual(edge(41))
})

it('ends at the end of the list', async () => {
  expect(await pageBehind(id(1), async () => page(5, 1))).toEqual({ edges: [], pageInfo: { hasNextPage: false } })
})
