import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareLists } from './compare-lists.ts'

const edge = (id: string, state = 'a') => ({ cursor: `c${id}`, node: { id, state } })
const page = (ids: string, hasNextPage = false) => ({
  edges: [...ids].map((id) => edge(id)),
  pageInfo: { hasNextPage },
})
const ids = (edges: readonly { node: { id: string } }[]) => edges.map(({ node }) => node.id).join('')
const NONE = new Map<string, unknown>()

describe('compareLists', () => {
  test('finds new, changed and removed rows', () => {
    const newest = { edges: [edge('x'), edge('a'), edge('c', 'b')], pageInfo: { hasNextPage: false } }
    const change = compareLists(page('abc').edges, newest)
    expect(change).toMatchObject({ fresh: ['x'], changed: ['c'], gone: ['b'], hasMore: false })
    expect(ids(change.inPlace)).toBe('abc')
    expect(ids(change.edges(NONE))).toBe('xac')
  })

  test('keeps rows beyond the page', () => {
    const change = compareLists(page('abcdef').edges, page('xab', true))
    expect(change.gone).toEqual([])
    expect(ids(change.edges(NONE))).toBe('xabcdef')
    expect(change.hasMore).toBe(true)
  })

  test('returns the newest page if there are no common rows', () => {
    expect(ids(compareLists(page('abc').edges, page('xyz', true)).edges(NONE))).toBe('xyz')
  })

  test('a removed row stays in place for a while in its current state', () => {
    const change = compareLists(page('abc').edges, page('ac')).withRows([{ id: 'b', state: 'gone' }])
    expect(change.edges(new Map([['b', 0]])).map(({ node }) => node.id + node.state)).toEqual(['aa', 'bgone', 'ca'])
    expect(change.changed).toEqual(['b'])
  })

  test('a whole list replaces the shown one without duplicates', () => {
    const list = fc.uniqueArray(fc.constantFrom(...'abcdefgh')).map((one) => one.join(''))
    fc.assert(
      fc.property(list, list, (shown, newest) => {
        const change = compareLists(page(shown).edges, page(newest))
        expect(ids(change.edges(NONE))).toBe(newest)
        expect(ids(change.inPlace)).toBe(shown)
        const kept = ids(change.edges(new Map(change.gone.map((id) => [id, 0]))))
        expect([...kept].sort()).toEqual([...new Set(shown + newest)].sort())
      }),
    )
  })
})
