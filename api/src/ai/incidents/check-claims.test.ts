import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { IncidentFact } from '../intents.ts'
import { explainIncident } from '../local/explain-incident.ts'
import { unsupportedClaim } from './check-claims.ts'

const FACTS: IncidentFact[] = [
  { id: 'f1', kind: 'SCOPE', text: 'What happened between 2026-11-29 20:43 UTC and 2026-11-29 21:43 UTC.' },
  { id: 'f2', kind: 'TOTALS', text: '1204 of 3000 delivery attempts failed (40 %).' },
  { id: 'f3', kind: 'CLUSTER', text: '80 attempts of webhook "shop-v2" failed with HTTP_5XX and status 503.' },
  { id: 'f4', kind: 'CLUSTER', text: '12 events "Seven Seas" came from "billing".' },
]
const said = (text: string, facts: string[]) => unsupportedClaim(FACTS, [{ text, facts }])

test.each([
  ['1,204 of 3,000 attempts failed, 40 % of all.', ['f2']],
  ['1204 attempts failed until 21:43 on 29 November 2026.', ['f1', 'f2']],
  ['Webhook shop-v2 answered 503 (HTTP_5XX), 80 times.', ['f3']],
  ['The events are called Seven Seas, all 12 of them.', ['f4']],
  ['One webhook is slow.', ['f3']],
])('%s is what its facts say', (text, facts) => {
  expect(said(text, facts)).toBeNull()
})

test.each([
  ['1205 attempts failed.', ['f2'], 'a number'],
  ['1204 attempts failed.', ['f3'], 'a number'],
  ['60 % of the attempts arrived.', ['f2'], 'a number'],
  ['Some eighty attempts failed.', ['f3'], 'in words'],
  ['Webhook shop-v3 failed.', ['f3'], 'a number'],
  ['It failed.', ['f9'], 'is not in the input'],
])('%s is refused', (text, facts, why) => {
  expect(said(text, facts)).toContain(why)
})

test('for any facts, the lines of the local provider are true', () => {
  const word = fc.stringMatching(/^[A-Za-z0-9%:.,_"-]{1,60}$/)
  const fact = fc.record({
    kind: fc.constantFrom('SCOPE', 'TOTALS', 'CLUSTER', 'FIRST_FAILURE', 'LAST_FAILURE', 'TENANTS', 'CHANGE' as const),
    text: fc.array(word, { minLength: 1, maxLength: 8 }).map((words) => words.join(' ')),
  })
  fc.assert(
    fc.property(fc.array(fact, { minLength: 1, maxLength: 30 }), (given) => {
      const facts = given.map((one, i) => ({ ...one, id: `f${i + 1}` }) as IncidentFact)
      const { lines } = explainIncident(facts)
      expect(lines).toHaveLength(5)
      expect(unsupportedClaim(facts, lines)).toBeNull()
    }),
  )
})
