import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createPatterns, PatternProblem } from './patterns.ts'

const of = (source: string) => createPatterns().of(source)

const ATOMS =
  String.raw`a b é 😀 \u{1F600} \uD83D\uDE00 \u00e9 \x41 \cJ . \d \D \w \W \s \S \. \/ \\ \{ - _ / [ab] [^ab] [\s\S] [^] [] [\w-] [a-c-] [\b] [^\s] [\d\-x] [\S] [\W] [\u{1F600}-\u{1F610}] \p{L} \P{L} \p{Script=Greek} [\p{L}\d] [^\p{L}] [[] [:alpha] [\]] [\^] [.] \n \0 (?<n>a) (ab|b) (?:a|)`.split(
    ' ',
  )
const QUANTIFIERS = ['', '', '', '*', '+', '?', '*?', '+?', '??', '{2}', '{0,2}', '{1,}', '{1,3}?', '{02}', '{0}']
const TEXTS = String.raw`a b ab é 😀 A 1 _ - . / α Ж [ : ] ^ \ {`
  .split(' ')
  .concat(['\ud83d', '\ude00', '\u00a0', '\n', '\r', '\v', '\u2028', '\ufeff', '\0', '\b', ' '])

test('matching agrees with RegExp', () => {
  const term = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.tuple(fc.constantFrom(...ATOMS), fc.constantFrom(...QUANTIFIERS)).map((parts) => parts.join('')),
    },
    { weight: 1, arbitrary: fc.constantFrom('^', '$', '\\b', '\\B') },
  )
  const terms = fc.array(term, { maxLength: 4 }).map((parts) => parts.join(''))
  const group = fc
    .tuple(terms, terms, fc.constantFrom(...QUANTIFIERS))
    .map(([one, other, quantifier]) => `(?:${one}|${other})${quantifier}`)
  const source = fc.array(fc.oneof(terms, group), { maxLength: 4 }).map((parts) => parts.join(''))
  const text = fc.array(fc.constantFrom(...TEXTS), { maxLength: 6 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(source, fc.array(text, { minLength: 4, maxLength: 4 }), (source, texts) => {
      let native: RegExp
      try {
        native = new RegExp(source, 'u')
      } catch {
        expect(() => of(source)).toThrow(PatternProblem)
        return
      }
      const pattern = of(source)
      for (const text of texts) expect([text, pattern.test(text)]).toEqual([text, native.test(text)])
    }),
    { numRuns: 1_000 },
  )
})

test.each([
  ['^(?=a)b', 'lookahead'],
  ['a(?!b)', 'lookahead'],
  ['(?<=a)b', 'lookbehind'],
  ['(?<!a)b', 'lookbehind'],
  ['(a)\\1', 'backreference'],
  ['(?<x>a)\\k<x>', 'backreference'],
  ['(', 'Unterminated group'],
  ['\\p{Script_Extensions=Greek}', 'RE2'],
  ['a{1001}', '1001 times'],
  ['(?:a{100}){100}', '10101 steps'],
])('%s is refused, and it is said why', (source, why) => {
  expect(() => of(source)).toThrow(PatternProblem)
  expect(() => of(source)).toThrow(why)
})

test('a pattern that is too long is refused', () => {
  expect(() => of('a'.repeat(2_001))).toThrow('2001 characters')
})

test('patterns with exponential backtracking in RegExp match in linear time', () => {
  for (const source of ['^(a+)+$', '^(a|aa)+$', '(a*)*b', '^(?:a?){60}a{60}$', '(.*,){9}x']) {
    expect(of(source).test(`${'a'.repeat(200_000)}!`)).toBe(false)
    expect(of(source).test(`${'a,'.repeat(100_000)}!`)).toBe(false)
  }
})

test('a repeated text uses the cached result', () => {
  const patterns = createPatterns()
  const pattern = patterns.of('^a+$')
  expect(patterns.of('^a+$')).toBe(pattern)
  pattern.repeated = true
  for (const text of ['aa', 'ab', 'aa']) expect(pattern.test(text)).toBe(text === 'aa')
  patterns.forget()
  expect(pattern.test('aa')).toBe(true)
})
