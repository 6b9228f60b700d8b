import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Identities } from './identity.ts'

test('equal values have equal tokens', () => {
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom<unknown>(null, true, false, 0, 1, 1.5, '', '0', 'a', 'n1', 'null', '[]', '#0', '=0'),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', '0', '__proto__', 'a":0'), tie('value'), { maxKeys: 3 }),
    ),
  }))
  fc.assert(
    fc.property(value, value, value, (one, other, constant) => {
      const identities = new Identities()
      const token = identities.constant(constant)
      const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
      const same = (a: unknown, b: unknown) => isDeepStrictEqual(plain(a), plain(b))
      for (let run = 0; run < 2; run++) {
        expect(identities.token(one) === identities.token(other)).toBe(same(one, other))
        expect(identities.token(one) === token).toBe(same(one, constant))
        expect(identities.token(plain(one))).toBe(identities.token(one))
        identities.forget()
      }
    }),
    { numRuns: 1_000 },
  )
})

test('key order and number notation do not matter', () => {
  const identities = new Identities()
  const tokens = ['{"a":1,"b":[2,{}]}', '{"b":[2.0,{}],"a":1e0}'].map((text) => identities.token(JSON.parse(text)))
  expect(tokens[0]).toBe(tokens[1])
  expect(identities.token(0)).toBe(identities.token(-0))
})
