import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileGlobs, globProblem, globsProblem, globToLike, MAX_GLOBS } from './globs.ts'

/** The definition, by an obviously correct (and slow) matcher. */
function matches(glob: string, type: string): boolean {
  if (glob === '') return type === ''
  if (glob[0] === '*') return matches(glob.slice(1), type) || (type !== '' && matches(glob, type.slice(1)))
  return type !== '' && glob[0] === type[0] && matches(glob.slice(1), type.slice(1))
}

/** PostgreSQL's LIKE with its default escape. */
function like(pattern: string, text: string): boolean {
  if (pattern === '') return text === ''
  if (pattern[0] === '%') return like(pattern.slice(1), text) || (text !== '' && like(pattern, text.slice(1)))
  const escaped = pattern[0] === '\\'
  const sign = escaped ? pattern[1] : pattern[0]
  const rest = pattern.slice(escaped ? 2 : 1)
  return text !== '' && ((!escaped && sign === '_') || sign === text[0]) && like(rest, text.slice(1))
}

test('a star matches any characters, including dots and none; everything else is literal', () => {
  const takes = (glob: string, type: string) => compileGlobs([glob])(type)
  expect(takes('autoheal.*', 'autoheal.failed')).toBe(true)
  expect(takes('autoheal.*', 'autoheal.a.b')).toBe(true)
  expect(takes('autoheal.*', 'autoheal')).toBe(false)
  expect(takes('autoheal.*', 'xautoheal.failed')).toBe(false)
  expect(takes('*.failed', 'autoheal.failed')).toBe(true)
  expect(takes('a*a', 'a')).toBe(false)
  expect(takes('a.b', 'a.b')).toBe(true)
  expect(takes('a.b', 'axb')).toBe(false)
  expect(takes('*', 'anything.at all')).toBe(true)
  expect(compileGlobs([])('anything')).toBe(true)
  expect(compileGlobs(['crm.*', 'ops.alert.raised'])('ops.alert.raised')).toBe(true)
  expect(compileGlobs(['crm.*', 'ops.alert.raised'])('ops.alert.resolved')).toBe(false)
})

test('the compiled matcher and the LIKE pattern agree with a reference implementation', () => {
  const text = (signs: string) => fc.string({ unit: fc.constantFrom(...signs), maxLength: 12 })
  fc.assert(
    fc.property(text('ab.*%_\\'), text('ab.%_\\'), (glob, type) => {
      expect(compileGlobs([glob])(type)).toBe(matches(glob, type))
      expect(like(globToLike(glob), type)).toBe(matches(glob, type))
    }),
    { numRuns: 2000 },
  )
})

test('eight stars against a nearly matching long name take one pass', () => {
  const takes = compileGlobs(['*aaa*aaa*aaa*aaa*aaa*aaa*aaa*b'])
  expect(takes(`${'a'.repeat(100_000)}c`)).toBe(false)
  expect(takes(`${'a'.repeat(100_000)}b`)).toBe(true)
})

test('invalid globs are refused with the reason', () => {
  for (const glob of ['autoheal.failed', '*', 'a*b', 'com.example/v1:thing-made_1', '*.a.*', 'größe.*']) {
    expect(globProblem(glob)).toBeNull()
  }
  expect(globProblem('')).toContain('is empty')
  expect(globProblem('a b')).toContain('a space or a control character')
  expect(globProblem('a\u0000')).toContain('a space or a control character')
  expect(globProblem('a.\ud800')).toContain('well-formed')
  expect(globProblem('a.**')).toContain('two stars in a row')
  expect(globProblem('a.[bc]')).toContain('"["')
  expect(globProblem('a.{b,c}')).toContain('"{"')
  expect(globProblem('a?')).toContain('"?"')
  expect(globProblem('!a')).toContain('cannot exclude')
  expect(globProblem('x'.repeat(256))).toContain('256 characters')
  expect(globProblem('*a*b*c*d*e*f*g*h*')).toContain('9 stars')
  expect(globsProblem(['a', 'b*', '**'])).toEqual({ index: 2, reason: expect.stringContaining('"**" has two stars') })
  expect(globsProblem(Array(MAX_GLOBS + 1).fill('a'))?.index).toBeNull()
  expect(globsProblem([])).toBeNull()
})
