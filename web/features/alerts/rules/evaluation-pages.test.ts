import { expect, test } from 'vitest'
import type { EvaluationItemFragment } from '@/lib/graphql.ts'
import { mergeEvaluations } from './evaluation-pages.ts'

const entry = (time: string, host: string, evaluations = 1): EvaluationItemFragment => ({
  __typename: 'RuleEvaluation',
  at: `2026-01-01T${time}.000Z`,
  outcome: 'BELOW_THRESHOLD',
  explanation: '',
  matched: 0,
  threshold: 1,
  group: { host },
  evaluations,
  leftOut: null,
  tenants: [],
})

test('pages of an evaluation log are joined newest first, and an entry of two pages is shown once in its later state', () => {
  const first = [entry('12:01:30', 'a', 2), entry('12:00:10', 'b')]
  const second = [entry('12:00:10', 'b'), entry('12:00:10', 'a'), entry('11:59:00', 'a')]
  expect(mergeEvaluations(first, second)).toEqual([first[0], first[1], second[1], second[2]])
  const later = entry('12:01:45', 'a', 3)
  expect(mergeEvaluations(first, [later])).toEqual([later, first[1]])
  expect(mergeEvaluations([later], first)).toEqual([later, first[1]])
})

test('an entry that counts groups is not the entry of a rule without groups', () => {
  const quiet = { ...entry('12:00:10', 'a'), group: {} }
  const counted = { ...quiet, leftOut: 480 }
  expect(mergeEvaluations([quiet], [counted])).toEqual([quiet, counted])
  const grown = { ...counted, at: '2026-01-01T12:00:20.000Z', leftOut: 490 }
  expect(mergeEvaluations([quiet, counted], [grown])).toEqual([grown, quiet])
})
