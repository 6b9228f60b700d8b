import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DEFAULT_PREFS, prefsCookie, readPrefs } from './prefs.ts'

test('preferences survive their cookie', () => {
  const prefs = { clock: 'utc', zone: 'Europe/Berlin', railOpen: true, compact: true, letters: false } as const
  const value = prefsCookie(prefs).split(';')[0]?.split('=')[1] ?? ''
  expect(readPrefs(decodeURIComponent(value))).toEqual(prefs)
})

test('preferences are valid for any cookie value', () => {
  const values = fc.oneof(fc.string(), fc.json(), fc.constantFrom('{"zone":"Nowhere/Land"}', '{"clock":7}', 'null'))
  fc.assert(
    fc.property(fc.option(values, { nil: undefined }), (cookie) => {
      const { zone, clock } = readPrefs(cookie)
      new Intl.DateTimeFormat('en', { timeZone: zone })
      return clock === 'local' || clock === 'utc'
    }),
  )
  expect(readPrefs(undefined)).toEqual(DEFAULT_PREFS)
})
