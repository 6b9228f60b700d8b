import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { open, SealError, seal, sealKey } from './seal.ts'

const key = sealKey(randomBytes(32).toString('base64'))

function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof SealError) return error.code
    throw error
  }
  return 'no error'
}

test('whatever is sealed opens again, and never looks the same twice', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (plain, context) => {
      const sealed = seal(key, plain, context)
      expect(open(key, sealed, context)).toBe(plain)
      expect(seal(key, plain, context)).not.toBe(sealed)
    }),
  )
})

test('another key, another context and any changed character are refused by name', () => {
  const sealed = seal(key, 'whsec_abc', 'webhook-secret:1')
  expect(codeOf(() => open(sealKey(randomBytes(32).toString('base64url')), sealed, 'webhook-secret:1'))).toBe(
    'SEAL_BROKEN',
  )
  expect(codeOf(() => open(key, sealed, 'webhook-secret:2'))).toBe('SEAL_BROKEN')
  for (let i = 3; i < sealed.length - 1; i++) {
    const altered = `${sealed.slice(0, i)}${sealed[i] === 'A' ? 'B' : 'A'}${sealed.slice(i + 1)}`
    expect(codeOf(() => open(key, altered, 'webhook-secret:1'))).toBe('SEAL_BROKEN')
  }
})

test('what is no sealed text and what is no key are told apart', () => {
  for (const text of [
    '',
    'whsec_abc',
    'v1.',
    'v1.AAAA',
    `v2.${seal(key, 'x', 'c').slice(3)}`,
    `${seal(key, 'x', 'c')}.more`,
  ]) {
    expect(codeOf(() => open(key, text, 'c'))).toBe('SEAL_FORMAT')
  }
  for (const master of ['', 'short', randomBytes(31).toString('base64'), `${'a'.repeat(50)} b`]) {
    expect(codeOf(() => sealKey(master))).toBe('SEAL_KEY')
  }
})

test('the same master key gives the same sealing key', () => {
  const master = Buffer.alloc(32, 7).toString('base64')
  expect(open(sealKey(master), seal(sealKey(master), 'x', 'c'), 'c')).toBe('x')
})
