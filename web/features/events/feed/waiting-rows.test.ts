import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type List, mergeEdges, WaitingRows } from './waiting-rows.ts'

const row = (n: number, version = 0) => ({ id: `evt_${String(n).padStart(4, '0')}`, version })
const edge = (n: number, version = 0) => ({ cursor: `c${n}`, node: row(n, version) })
const edgeOf = (node: ReturnType<typeof row>) => ({ cursor: '', node })
const ids = (edges: readonly { node: { id: string } }[]) => edges.map(({ node }) => Number(node.id.slice(4)))

describe('WaitingRows', () => {
  it('returns rows once, newest first', () => {
    const waiting = new WaitingRows<ReturnType<typeof row>>(10)
    for (const one of [row(2), row(1), row(3), row(2, 1)]) waiting.add(one)
    expect(waiting.count).toBe(3)
    expect(waiting.take()).toEqual({ rows: [row(3), row(2, 1), row(1)], floor: null })
    expect([waiting.count, waiting.take().rows]).toEqual([0, []])
  })

  it('keeps the newest rows of a flood, counts all, and reports the floor', () => {
    const waiting = new WaitingRows<ReturnType<typeof row>>(3)
    for (let n = 1; n <= 100; n += 1) waiting.add(row(n))
    expect(waiting.count).toBe(100)
    expect(waiting.take()).toEqual({ rows: [row(100), row(99), row(98)], floor: row(98).id })
  })
})

describe('mergeEdges', () => {
  const list = (...edges: ReturnType<typeof edge>[]) => ({ edges, hasMore: false })

  it('adds new rows on top and updates changed rows in place with their cursors', () => {
    const taken = { rows: [row(4), row(2), row(1, 1)], floor: null }
    expect(mergeEdges(list(edge(3), edge(1)), taken, 10, edgeOf)).toEqual({
      edges: [edgeOf(row(4)), edge(3), edgeOf(row(2)), edge(1, 1)],
      hasMore: false,
    })
  })

  it('cuts at its limit and at the floor', () => {
    const three = list(edge(3), edge(2), edge(1))
    const full = mergeEdges(three, { rows: [row(4)], floor: null }, 3, edgeOf)
    expect([ids(full.edges), full.hasMore]).toEqual([[4, 3, 2], true])
    const gap = mergeEdges(three, { rows: [row(9), row(8)], floor: row(8).id }, 10, edgeOf)
    expect([ids(gap.edges), gap.hasMore]).toEqual([[9, 8], true])
  })

  it('leaves rows of a later page to that page', () => {
    const taken = { rows: [row(5), row(1)], floor: null }
    expect(ids(mergeEdges({ edges: [edge(4), edge(3)], hasMore: true }, taken, 10, edgeOf).edges)).toEqual([5, 4, 3])
    expect(ids(mergeEdges(list(edge(4), edge(3)), taken, 10, edgeOf).edges)).toEqual([5, 4, 3, 1])
  })

  it('shows the newest rows without gaps or duplicates for any order and batches', () => {
    const order = fc.shuffledSubarray(
      Array.from({ length: 60 }, (_, n) => n),
      { minLength: 60 },
    )
    fc.assert(
      fc.property(order, fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }), (came, limit, portion) => {
        const waiting = new WaitingRows<ReturnType<typeof row>>(limit)
        let shown: List<ReturnType<typeof edge>> = list()
        for (const [i, n] of came.entries()) {
          waiting.add(row(n))
          if (i % portion === 0 || i === came.length - 1) shown = mergeEdges(shown, waiting.take(), limit, edgeOf)
        }
        const numbers = ids(shown.edges)
        expect(numbers).toEqual(Array.from({ length: 60 }, (_, n) => 59 - n).slice(0, numbers.length))
        expect(numbers.length).toBeGreaterThan(0)
        expect(shown.hasMore).toBe(numbers.length < 60)
      }),
    )
  })
})
