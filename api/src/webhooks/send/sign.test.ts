import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { generateSecret, secretProblem, signer } from './sign.ts'

test("the result equals the specification's published example", () => {
  const sign = signer('whsec_plJ3nmyCDGBKInavdOK15jsl')
  const body = '{"event_type":"ping","data":{"success":true}}'
  expect(sign('msg_loFOjxBNrRLzqYUf', 1731705121, body)).toBe('v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=')
})

test('the standardwebhooks package verifies it with either secret of a rotation and no other', () => {
  const [current, previous, other] = [generateSecret(), generateSecret(), generateSecret()]
  const body = '{"type":"größe.ändert","data":{"emoji":"🚨"}}'
  const seconds = Math.floor(Date.now() / 1000)
  const headers = (signature: string) => ({
    'webhook-id': 'evt_1',
    'webhook-timestamp': String(seconds),
    'webhook-signature': signature,
  })
  const both = headers(signer(current, previous)('evt_1', seconds, body))
  expect(both['webhook-signature'].split(' ')).toHaveLength(2)
  for (const secret of [current, previous]) expect(new Webhook(secret).verify(body, both)).toEqual(JSON.parse(body))
  expect(() => new Webhook(other).verify(body, both)).toThrow('No matching signature')
  expect(() => new Webhook(current).verify(`${body} `, both)).toThrow('No matching signature')
  const one = headers(signer(current)('evt_1', seconds, body))
  expect(() => new Webhook(previous).verify(body, one)).toThrow('No matching signature')
})

test('generated secrets are valid, and refused ones are not repeated in the message', () => {
  expect(secretProblem(generateSecret())).toBeNull()
  expect(generateSecret()).not.toBe(generateSecret())
  expect(secretProblem(`whsec_${Buffer.alloc(24).toString('base64')}`)).toBeNull()
  expect(secretProblem(`whsec_${Buffer.alloc(64).toString('base64')}`)).toBeNull()
  expect(secretProblem(`whsec_${Buffer.alloc(23).toString('base64')}`)).toContain('has 23 bytes')
  expect(secretProblem(`whsec_${Buffer.alloc(65).toString('base64')}`)).toContain('has 65 bytes')
  expect(secretProblem(Buffer.alloc(32).toString('base64'))).toContain('does not start with "whsec_"')
  expect(secretProblem('whsec_not base64!')).toContain('is not base64')
  expect(secretProblem('whsec_hunter2hunter2')).not.toContain('hunter2')
  expect(() => signer('whsec_')).toThrow('not base64')
  expect(() => signer()).toThrow('at least one secret')
})
