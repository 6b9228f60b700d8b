import { expect, test } from 'vitest'
import { type FilterDefinition, isId, suggestionsFor, withoutToken } from './filter-suggestions.ts'

const FILTERS: FilterDefinition[] = [
  {
    key: 'status',
    label: 'Status',
    aliases: ['is'],
    options: [
      { value: 'dead', label: 'Dead letter' },
      { value: 'recovered', label: 'Recovered' },
    ],
  },
  { key: 'type', label: 'Event type', free: true, options: [{ value: 'order.created', label: 'order.created' }] },
]
const labels = (text: string, values = {}) => suggestionsFor(text, FILTERS, values).map(({ label }) => label)

test('an empty field proposes the filters', () => {
  expect(labels('')).toEqual(['status:', 'type:'])
})

test('a filter being typed proposes its values, also by an alias', () => {
  expect(labels('status:')).toEqual(['status:Dead letter', 'status:Recovered'])
  expect(labels('timeout is:rec')).toEqual(['status:Recovered'])
  expect(labels('status:dead le')).toEqual(['status:Dead letter'])
  expect(labels('status:dead timeout')).not.toContain('status:Dead letter')
  expect(labels('status:', { status: ['dead'] })).toEqual(['status:Recovered'])
})

test('a word proposes the values that contain it', () => {
  expect(labels('dead')).toEqual(['status:Dead letter'])
})

test('a free filter accepts any text', () => {
  expect(labels('type:order.*')).toEqual(['type:order.*'])
  expect(labels('type:order')).toEqual(['type:order', 'type:order.created'])
})

test('the search text excludes the filter', () => {
  expect(withoutToken('timeout status:de', FILTERS)).toBe('timeout')
  expect(withoutToken('https://a.example/x', FILTERS)).toBe('https://a.example/x')
})

test('ids are distinguished from other text', () => {
  expect(isId('dlv_01h455vb4pex5vsknk084sn02q')).toBe(true)
  expect(isId('dlv_01h4')).toBe(false)
  expect(isId('order.created')).toBe(false)
})
