import { expect, test } from 'vitest'
import { silenceEnd } from './ends.ts'

const end = (iso: string, zone: string) => new Date(silenceEnd('morning', Date.parse(iso), zone)).toISOString()

test('until 08:00 is the next 08:00 of the reader, across midnight, odd offsets and clock changes', () => {
  expect(end('2026-06-01T03:00:00Z', 'UTC')).toBe('2026-06-01T08:00:00.000Z')
  expect(end('2026-06-01T08:00:00Z', 'UTC')).toBe('2026-06-02T08:00:00.000Z')
  expect(end('2026-06-01T20:00:00Z', 'Asia/Kathmandu')).toBe('2026-06-02T02:15:00.000Z')
  expect(end('2026-03-28T22:30:00Z', 'Europe/Berlin')).toBe('2026-03-29T06:00:00.000Z')
})

test('spans count from now', () => {
  const now = Date.parse('2026-06-01T03:00:10Z')
  expect(silenceEnd('30m', now, 'UTC') - now).toBe(1_800_000)
  expect(silenceEnd('1h', now, 'UTC') - now).toBe(3_600_000)
})
