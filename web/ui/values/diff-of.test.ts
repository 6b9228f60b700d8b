import fc from 'fast-check'
import { expect, test } from 'vitest'
import { diffOf, isSame } from './diff-of.ts'

test('added, removed and changed fields are distinguished, also inside objects', () => {
  const before = { name: 'a', headers: { 'x-a': '1', 'x-b': '2' }, retry: [5, 10] }
  const after = { name: 'b', headers: { 'x-b': '2', 'x-c': '3' }, retry: [5, 10] }
  expect(diffOf(before, after).map(({ path, change }) => [path, change])).toEqual([
    ['name', 'changed'],
    ['headers.x-a', 'removed'],
    ['headers.x-b', 'same'],
    ['headers.x-c', 'added'],
    ['retry', 'same'],
  ])
})

test('an added or removed object is shown field by field', () => {
  expect(diffOf(null, { id: 1 })).toEqual([{ path: 'id', change: 'added', before: undefined, after: 1 }])
  expect(diffOf({ id: 1 }, null)).toEqual([{ path: 'id', change: 'removed', before: 1, after: undefined }])
})

test('a value equals itself, and a diff is symmetric', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
      expect(diffOf(one, structuredClone(one)).every(({ change }) => change === 'same')).toBe(true)
      const count = (a: unknown, b: unknown) => diffOf(a, b).filter(({ change }) => change !== 'same').length
      expect(count(one, other)).toBe(count(other, one))
      expect(isSame(one, other)).toBe(isSame(other, one))
    }),
  )
})
