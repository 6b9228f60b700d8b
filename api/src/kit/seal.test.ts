import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { holdsSame, open, reseal, SealError, type SealKeys, seal, sealKey } from './seal.ts'

const newKey = () => sealKey(randomBytes(32).toString('base64'))
const key = newKey()

function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof SealError) return error.code
    throw error
  }
  return 'no error'
}

test('an encrypted text can be decrypted, and two ciphertexts of a text differ', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (plain, context) => {
      const sealed = seal(key, plain, context)
      expect(open([key], sealed, context)).toBe(plain)
      expect(seal(key, plain, context)).not.toBe(sealed)
    }),
  )
})

test('another key, another context and any changed character are refused with their code', () => {
  const sealed = seal(key, 'whsec_abc', 'webhook-secret:1')
  expect(codeOf(() => open([sealKey(randomBytes(32).toString('base64url'))], sealed, 'webhook-secret:1'))).toBe(
    'SEAL_BROKEN',
  )
  expect(codeOf(() => open([key], sealed, 'webhook-secret:2'))).toBe('SEAL_BROKEN')
  for (let i = 3; i < sealed.length - 1; i++) {
    const altered = `${sealed.slice(0, i)}${sealed[i] === 'A' ? 'B' : 'A'}${sealed.slice(i + 1)}`
    expect(codeOf(() => open([key], altered, 'webhook-secret:1'))).toBe('SEAL_BROKEN')
  }
})

test('an invalid text and an invalid key have different codes', () => {
  for (const text of [
    '',
    'whsec_abc',
    'v1.',
    'v1.AAAA',
    `v2.${seal(key, 'x', 'c').slice(3)}`,
    `${seal(key, 'x', 'c')}.more`,
  ]) {
    expect(codeOf(() => open([key], text, 'c'))).toBe('SEAL_FORMAT')
  }
  for (const master of ['', 'short', randomBytes(31).toString('base64'), `${'a'.repeat(50)} b`]) {
    expect(codeOf(() => sealKey(master))).toBe('SEAL_KEY')
  }
})

test('a master key always yields the same sealing key', () => {
  const master = Buffer.alloc(32, 7).toString('base64')
  expect(open([sealKey(master)], seal(sealKey(master), 'x', 'c'), 'c')).toBe('x')
})

describe('after a key rotation', () => {
  const former = newKey()
  const older = newKey()
  const keys: SealKeys = [key, former, older]

  test('texts of any known key are decrypted; texts of an unknown key are refused with both setting names', () => {
    for (const by of keys) expect(open(keys, seal(by, 'whsec_abc', 'c'), 'c')).toBe('whsec_abc')
    const stranger = seal(newKey(), 'whsec_abc', 'c')
    expect(codeOf(() => open(keys, stranger, 'c'))).toBe('SEAL_BROKEN')
    expect(() => open(keys, stranger, 'c')).toThrow(/^c cannot be decrypted: .*SECRET_KEY .*SECRET_KEY_PREVIOUS/)
    expect(codeOf(() => open(keys, seal(former, 'x', 'c'), 'another'))).toBe('SEAL_BROKEN')
    expect(codeOf(() => open(keys, 'whsec_abc', 'c'))).toBe('SEAL_FORMAT')
  })

  test('a text that was encrypted again is decrypted with the first key alone and is not encrypted again', () => {
    for (const by of [former, older]) {
      const resealed = reseal(keys, seal(by, 'größe', 'c'), 'c')
      expect(open([key], resealed, 'c')).toBe('größe')
      expect(reseal(keys, resealed, 'c')).toBe(resealed)
    }
    expect(codeOf(() => reseal(keys, seal(newKey(), 'x', 'c'), 'c'))).toBe('SEAL_BROKEN')
    expect(codeOf(() => reseal(keys, seal(former, 'x', 'c'), 'another'))).toBe('SEAL_BROKEN')
  })

  test('sealed texts are compared by content; texts that cannot be decrypted equal only themselves', () => {
    const one = seal(former, 'x', 'c')
    expect(holdsSame(keys, one, reseal(keys, one, 'c'), 'c')).toBe(true)
    expect(holdsSame(keys, one, seal(key, 'y', 'c'), 'c')).toBe(false)
    const stranger = seal(newKey(), 'x', 'c')
    expect(holdsSame(keys, stranger, stranger, 'c')).toBe(true)
    expect(holdsSame(keys, one, stranger, 'c')).toBe(false)
  })
})
