import { expect, test } from 'vitest'
import { check, createInput, NEW_RULE, updateInput, valuesOf, valuesOfTemplate } from './rule-values.ts'

const stored = {
  name: 'API errors',
  description: null,
  tenantId: 'tenant-1',
  eventType: 'api.error*',
  source: null,
  eventSeverity: null,
  threshold: 10,
  windowSeconds: 300,
  groupBy: ['source', 'payload.host'],
  severity: 'ERROR' as const,
  repeatIntervalSeconds: 14_400,
  webhooks: [{ id: 'whk_b' }, { id: 'whk_a' }],
  enabled: true,
}

test('a rule that went through the form unchanged has nothing to save', () => {
  expect(updateInput(valuesOf(stored), valuesOf(stored))).toEqual({})
})

test('only what was changed is saved, and an emptied field means any', () => {
  const before = valuesOf(stored)
  expect(updateInput(before, { ...before, eventType: ' ', windowSeconds: '10 min', groupBy: 'source' })).toEqual({
    eventType: null,
    windowSeconds: 600,
    groupBy: ['source'],
  })
})

test('a template fills the form, with defaults for the other fields', () => {
  const values = valuesOfTemplate({ name: 'High CPU', threshold: 3, windowSeconds: 300, groupBy: ['payload.host'] })
  expect(createInput(values)).toEqual({
    ...createInput(NEW_RULE),
    name: 'High CPU',
    threshold: 3,
    windowSeconds: 300,
    groupBy: ['payload.host'],
  })
})

test('an error that the API would return is shown at its field', () => {
  expect(check({ ...NEW_RULE, threshold: 0, windowSeconds: '31 d', repeatIntervalSeconds: 'often' })).toEqual({
    name: expect.any(String),
    threshold: expect.any(String),
    windowSeconds: 'Enter 1 s to 30 d',
    repeatIntervalSeconds: expect.stringContaining('5 min'),
  })
  expect(check({ ...NEW_RULE, name: 'x' })).toEqual({})
})
