import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileGlobs } from '../../kit/globs.ts'
import { groupKeyOf } from './group-key.ts'
import { PatternIndex } from './pattern-index.ts'
import { type IndexedRule, RuleIndex } from './rule-index.ts'

const name = fc.constantFrom('job', 'job.failed', 'job.failed.hard', 'order.created', 'a', '')
const glob = fc.constantFrom(
  ...['job.failed', 'job.*', 'job*', '*', '**', '*.failed', '*d', '*job', '*.hard', '*.job.failed', '*xjob.failed'],
  ...['j*d', '*a*', '*.*', '**d', 'order.created', 'jo'],
)
const severity = fc.constantFrom('INFO', 'ERROR' as const)

const rules = fc.array(
  fc.record({
    id: fc.uuid(),
    version: fc.constant(1),
    tenantId: fc.constantFrom(null, 'one', 'two'),
    eventType: fc.option(glob),
    source: fc.option(glob),
    eventSeverity: fc.option(severity),
    groupBy: fc.constantFrom([], ['source'], ['type', 'payload.host']),
  }),
  { maxLength: 30 },
) as fc.Arbitrary<IndexedRule[]>

const event = fc.record({
  type: name,
  source: name,
  severity,
  subject: fc.constant(null),
  tenantId: fc.constantFrom(null, 'one', 'two'),
  payload: fc.constant({ value: { host: 'web-1' } }),
})

test('the index finds the same rules as a test of each of them', () => {
  fc.assert(
    fc.property(rules, event, fc.nat(), (all, happened, pick) => {
      const ofAlert = all.length > 0 ? all[pick % all.length]!.id : null
      const takes = (pattern: string | null, text: string) => pattern === null || compileGlobs([pattern])(text)
      const expected = all.filter(
        (rule) =>
          (rule.tenantId === null || rule.tenantId === happened.tenantId) &&
          takes(rule.eventType, happened.type) &&
          takes(rule.source, happened.source) &&
          (rule.eventSeverity === null || rule.eventSeverity === happened.severity) &&
          rule.id !== ofAlert,
      )
      const matches = new RuleIndex(all).matching(happened, ofAlert)
      expect(matches.map(({ ruleId }) => ruleId).sort()).toEqual(expected.map(({ id }) => id).sort())
      for (const { ruleId, groupKey } of matches)
        expect(groupKey).toBe(groupKeyOf(all.find(({ id }) => id === ruleId)!.groupBy, happened))
    }),
    { numRuns: 1_000 },
  )
})

const text = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 6 })
const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*'), minLength: 1, maxLength: 5 })

test('the index finds the value of each pattern that matches a text, once', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(pattern, fc.constant(null))), text, (patterns, searched) => {
      const index = new PatternIndex<string>()
      for (const each of patterns) index.at(each, () => each ?? '*')
      const expected = new Set(patterns.map((each) => each ?? '*').filter((glob) => compileGlobs([glob])(searched)))
      expect([...index.matching(searched)].sort()).toEqual([...expected].sort())
    }),
    { numRuns: 2_000 },
  )
})

test('many patterns of each kind are found by their text', () => {
  let created = 0
  const index = new PatternIndex<number>()
  for (let i = 0; i < 1_000; i++) index.at(`type.n${i}`, () => created++)
  for (let i = 0; i < 1_000; i++) index.at(`prefix${i}.*`, () => created++)
  for (let i = 0; i < 1_000; i++) index.at(`*.suffix${i}`, () => created++)
  expect(created).toBe(3_000)
  expect([...index.matching('type.n7')]).toEqual([7])
  expect([...index.matching('prefix7.suffix70')]).toEqual([1_007, 2_070])
  expect([...index.matching('nothing')]).toEqual([])
})

test('a group key distinguishes groups, however long their values are', () => {
  const grouped = (value: unknown) =>
    groupKeyOf(['payload.host'], {
      type: 'a',
      source: 'b',
      severity: 'INFO',
      subject: null,
      tenantId: null,
      payload: { value: { host: value } },
    })
  expect(grouped('web-1')).toBe('["web-1"]')
  expect(grouped(7)).toBe('["7"]')
  expect(grouped(undefined)).toBe('[null]')
  const long = 'ü'.repeat(500)
  expect(grouped(`${long}1`)).not.toBe(grouped(`${long}2`))
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 2_000 }), (value) => {
      expect(Buffer.byteLength(grouped(value))).toBeLessThan(600)
    }),
  )
})
