import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  check,
  createInput,
  losesSecret,
  NEW_WEBHOOK,
  parseHeaders,
  parseSchedule,
  scheduleText,
  updateInput,
  valuesOf,
} from './form-values.ts'

test('a schedule survives formatting and parsing', () => {
  expect(parseSchedule('5 s, 5 min, 2h, 90, 1 d')).toEqual({ seconds: [5, 300, 7_200, 90, 86_400] })
  expect(parseSchedule('')).toEqual({ seconds: [] })
  expect(parseSchedule('soon')).toMatchObject({ problem: expect.stringContaining('“soon”') })
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 86_400 })), (seconds) => {
      expect(parseSchedule(scheduleText(seconds))).toEqual({ seconds })
    }),
  )
})

test('headers are parsed from lines', () => {
  expect(parseHeaders('x-team: orders\nauthorization: Bearer a:b')).toEqual({
    headers: { 'x-team': 'orders', authorization: 'Bearer a:b' },
  })
  expect(parseHeaders('no colon')).toMatchObject({ problem: expect.stringContaining('“no colon”') })
})

describe('the resulting input', () => {
  const before = valuesOf({
    name: 'Orders',
    url: 'https://a.example/x',
    kind: 'STANDARD',
    eventTypes: ['order.*'],
    minSeverity: 'INFO',
    maxConcurrency: 16,
    timeoutMs: 15_000,
    retrySchedule: [5, 300],
    circuitBreaker: true,
    headers: { 'x-team': 'orders', authorization: '[redacted]' },
  })

  test('an update contains only changed fields', () => {
    expect(updateInput(before, before)).toEqual({})
    expect(updateInput(before, { ...before, name: 'Orders 2', retrySchedule: '5 s' })).toEqual({
      name: 'Orders 2',
      retrySchedule: [5],
    })
  })

  test('a redacted header is not saved as its placeholder', () => {
    expect(losesSecret(before, before)).toBe(false)
    expect(losesSecret(before, { ...before, headers: 'authorization: [redacted]' })).toBe(true)
    expect(losesSecret(before, { ...before, headers: 'authorization: Bearer new' })).toBe(false)
  })

  test('a new webhook omits empty fields', () => {
    const values = { ...NEW_WEBHOOK, name: ' a ', url: 'https://a.example', eventTypes: 'x, y.*\nz' }
    expect(check(values)).toEqual({})
    expect(createInput(values)).toMatchObject({
      name: 'a',
      eventTypes: ['x', 'y.*', 'z'],
      ratePerSecond: null,
      tenantId: null,
      secret: null,
    })
    expect(Object.keys(check(NEW_WEBHOOK))).toEqual(['name', 'url'])
  })
})
