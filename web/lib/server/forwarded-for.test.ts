import { expect, it } from 'vitest'
import { appendPeer, forwardedFor } from './forwarded-for.ts'

it('the peer is the last address, regardless of what was received before', () => {
  expect(appendPeer(undefined, '203.0.113.7')).toBe('203.0.113.7')
  expect(appendPeer('8.8.8.8', '203.0.113.7')).toBe('8.8.8.8, 203.0.113.7')
  expect(appendPeer(['8.8.8.8', '10.0.0.1'], '::ffff:203.0.113.7')).toBe('8.8.8.8, 10.0.0.1, ::ffff:203.0.113.7')
  expect(appendPeer('8.8.8.8,', '2001:db8::7')).toBe('8.8.8.8,, 2001:db8::7')
})

it('a missing peer is not replaced by another address', () => {
  expect(appendPeer('8.8.8.8', undefined)).toBe('8.8.8.8, unknown')
})

it('is forwarded unchanged or not at all', () => {
  expect(forwardedFor(new Headers({ 'x-forwarded-for': '8.8.8.8, 203.0.113.7' }))).toEqual({
    'x-forwarded-for': '8.8.8.8, 203.0.113.7',
  })
  expect(forwardedFor(new Headers())).toEqual({})
})
