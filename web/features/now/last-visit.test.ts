import { expect, test } from 'vitest'
import { readVisits, recordVisit } from './last-visit.ts'

const MIN = 60_000

test('a visit continues while the page is visible, and a new one starts after a gap', () => {
  const first = recordVisit(null, 0)
  expect(first.before).toBeNull()
  const still = recordVisit(first, 9 * MIN)
  expect(still).toEqual({ began: 0, seen: 9 * MIN, before: null })
  const next = recordVisit(still, 60 * MIN)
  expect(next.before).toBe(9 * MIN)
  expect(recordVisit(next, 61 * MIN).before).toBe(9 * MIN)
})

test('an invalid record is ignored', () => {
  expect(readVisits(JSON.stringify(recordVisit(null, 5)))).toEqual({ began: 5, seen: 5, before: null })
  for (const text of [null, '', 'x', '7', '{}', '{"began":"a","seen":1,"before":null}'])
    expect(readVisits(text)).toBeNull()
})
