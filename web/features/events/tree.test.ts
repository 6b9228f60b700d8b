import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Branch, causeTree } from './tree.ts'

const event = (id: string, causationId: string | null = null) => ({
  id,
  causationId,
  receivedAt: `2026-01-01T00:00:0${id}Z`,
})
type Tree = readonly Branch<ReturnType<typeof event>>[]
const shape = (branches: Tree): unknown =>
  branches.map(({ event: { id }, effects }) => [id, ...(shape(effects) as unknown[])])
const size = (branches: Tree): number => branches.reduce((sum, { effects }) => sum + 1 + size(effects), 0)

test('events are children of their causes, oldest first', () => {
  const events = [event('4', '2'), event('3', '1'), event('2', '1'), event('1'), event('5', 'elsewhere')]
  expect(shape(causeTree(events))).toEqual([['1', ['2', ['4']], ['3']], ['5']])
})

test('a cycle of causes has a root, and every event has one position', () => {
  expect(shape(causeTree([event('1', '2'), event('2', '1')]))).toEqual([['1', ['2']]])
  const ids = fc.constantFrom('1', '2', '3', '4', '5', 'x')
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(ids, ids), { selector: ([id]) => id }), (pairs) => {
      const events = pairs.map(([id, cause]) => event(id, cause))
      expect(size(causeTree(events))).toBe(events.length)
    }),
  )
})
