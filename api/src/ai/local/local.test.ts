import { describe, expect, test } from 'vitest'
import { INTENTS } from '../intents.ts'
import { classifyIntent } from './classify-intent.ts'
import { LEAD_SAMPLES, type LeadSample } from './extract-lead.samples.ts'
import { extractLead } from './extract-lead.ts'
import { LOCAL } from './local.ts'
import { summarize } from './summarize.ts'

const FIELDS = ['name', 'email', 'phone', 'company'] as const

/** The full stop after Ltd, Inc or Lda is optional. */
const same = (found: string | null, wanted: string | null) =>
  (found?.replace(/\.$/, '') ?? null) === (wanted?.replace(/\.$/, '') ?? null)

describe('extraction', () => {
  test('finds at least 90 % of the fields of 50 samples', async () => {
    expect(LEAD_SAMPLES).toHaveLength(50)
    const leads = await Promise.all(LEAD_SAMPLES.map(({ text }) => extractLead(text)))
    const wrong = LEAD_SAMPLES.flatMap((sample: LeadSample, index) => {
      const found = leads[index] as (typeof leads)[number]
      return FIELDS.filter((field) => !same(found[field], sample[field])).map(
        (field) => `${field}: ${found[field]} instead of ${sample[field]}`,
      )
    })
    expect(wrong.length, wrong.join('\n')).toBeLessThanOrEqual(50 * FIELDS.length * 0.1)
  })

  test('invents nothing: a field that the text does not contain is null', async () => {
    expect(await extractLead('when will version 4.2 come? ordered 20261104, paid 1250,00 on 3.11.2026')).toEqual({
      name: null,
      email: null,
      phone: null,
      company: null,
    })
  })

  test.each([
    ['@'.repeat(10_000)],
    ['a@'.repeat(5_000)],
    [`From: ${'('.repeat(9_990)}`],
    ['1 '.repeat(5_000)],
    ['Mr A '.repeat(2_000)],
    ['A Ltd '.repeat(1_666)],
    ['\u0000\ud800\n'.repeat(3_000)],
  ])('takes text that is made to trip it up', async (text) => {
    expect(INTENTS['extract-lead'].output.safeParse(await extractLead(text.slice(0, 10_000))).error).toBeUndefined()
  })
})

describe('a summary', () => {
  const record = `Called Ms Example of Larkfield about the renewal. She was friendly and we talked about the weather for a while.
The current contract ends on 31 December 2026 and she wants 200 licences instead of 150.
Her team likes the product. Her team has asked for single sign-on in the contract.
We agreed that I send a new contract with 200 licences by Friday. She mentioned her dog again. The dog is fine.`

  test('keeps the most important sentences of the record, in their order', () => {
    const summary = summarize(record)
    expect(summary.length).toBeLessThanOrEqual(320)
    const kept = summary.split(/(?<=\.) /)
    const flat = record.replaceAll(/\s+/g, ' ')
    for (const sentence of kept) expect(flat).toContain(sentence)
    expect(summary).toContain('200 licences')
    expect(summary).not.toContain('dog')
    expect(kept.map((sentence) => flat.indexOf(sentence))).toEqual(
      kept.map((sentence) => flat.indexOf(sentence)).toSorted((a, b) => a - b),
    )
  })

  test('a short record is its own summary', () => {
    expect(summarize('  No answer,\n will try   again. ')).toBe('No answer, will try again.')
  })

  test('one endless sentence fits the schema', async () => {
    const { output } = INTENTS['summarize-activity']
    expect(output.safeParse(await LOCAL['summarize-activity']({ text: 'word '.repeat(2_000) })).success).toBe(true)
  })
})

describe('a classification', () => {
  test.each([
    ['Könnten Sie mir ein Angebot mit Preisen schicken?', 'sales'],
    ['Je ne peux plus me connecter, il y a une erreur, aidez-moi : help!', 'support'],
    ['La factura de octubre es incorrecta, el pago ya se hizo.', 'billing'],
    ['Can we reschedule our meeting to Thursday?', 'scheduling'],
    ['I am very disappointed and want to complain.', 'complaint'],
    ['Nice weather today.', 'other'],
  ])('%s', (text, label) => {
    expect(classifyIntent(text, INTENTS['classify-intent'].input.parse({ text }).labels).label).toBe(label)
  })

  test('matches the caller’s own labels by their words', () => {
    expect(classifyIntent('The delivery is late', ['late delivery', 'praise'])).toEqual({
      label: 'late delivery',
      confidence: 1,
    })
    expect(classifyIntent('Hm.', ['praise', 'blame'])).toEqual({ label: 'blame', confidence: 0 })
  })
})
