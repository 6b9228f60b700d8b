import { expect, test } from 'vitest'
import { createStatementNames } from './statement-names.ts'

test('a statement gets a name of its own after some uses', () => {
  const nameOf = createStatementNames({ prefix: 'read', after: 2, max: 10 })
  expect([nameOf('SELECT 1'), nameOf('SELECT 1'), nameOf('SELECT 2')]).toEqual([undefined, undefined, undefined])
  const name = nameOf('SELECT 1')
  expect(name).toMatch(/^read_[0-9a-f]{16}$/)
  expect(nameOf('SELECT 1')).toBe(name)
  nameOf('SELECT 2')
  expect(nameOf('SELECT 2')).not.toBe(name)
})

test('only a limited number of statements gets a name', () => {
  const nameOf = createStatementNames({ prefix: 'read', after: 0, max: 2 })
  expect(nameOf('a')).toBeDefined()
  expect(nameOf('b')).toBeDefined()
  expect(nameOf('c')).toBeUndefined()
  expect(nameOf('a')).toBeDefined()
})
