import { expect, test } from 'vitest'
import type { InputIssue } from '../../kit/errors.ts'
import { parseHeaders, REDACTED, redactHeaders } from './custom-headers.ts'

function parse(input: unknown, stored = {}) {
  const issues: InputIssue[] = []
  const headers = parseHeaders(input, ['input', 'headers'], issues, stored)
  return { headers, wrong: issues.map(({ path, message }) => `${path.join('.')}: ${message}`) }
}

test('valid headers are accepted unchanged', () => {
  const given = { 'X-Tenant': 'acme', Authorization: 'Bearer abc', 'X-Empty': '', 'X-Tab': 'a\tb', __proto__X: 'x' }
  expect(parse(given)).toEqual({ headers: given, wrong: [] })
})

test('every problem is named, and no invalid header is accepted', () => {
  const given = JSON.parse(
    `{"X-Break":"a\\r\\nHost: evil","X-Nul":"a\\u0000b","X-Wide":"ł","bad name":"x","":"x","Host":"h","CONTENT-LENGTH":"1",
      "webhook-Signature":"v1,x","Proxy-Authorization":"x","Transfer-Encoding":"chunked","X-Number":5,"X-Null":null,"x-tenant":"a","X-Tenant":"b",
      "X-Kept":"${REDACTED}","X-Long":"${'a'.repeat(4097)}"}`,
  )
  const { headers, wrong } = parse(given)
  expect(headers).toEqual({ 'x-tenant': 'a' })
  const named = wrong.map((line) => line.split(': ')[0]?.replace('input.headers.', ''))
  expect(named).toEqual(Object.keys(given).filter((name) => name !== 'x-tenant'))
  expect(wrong.join('\n')).not.toContain('evil')
})

test('any other value than an object of texts, or too many headers, are refused completely', () => {
  for (const input of ['x', 5, [], [['a', 'b']], true]) expect(parse(input).wrong).toHaveLength(1)
  const many = Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`x-${i}`, 'v']))
  expect(parse(many)).toEqual({ headers: {}, wrong: ['input.headers: has 33 headers; expected at most 32'] })
})

test('a redacted value that is sent back keeps the stored one, regardless of the case of its name', () => {
  const stored = { 'X-Api-Key': 's3cret', 'X-Old': 'gone' }
  const shown = redactHeaders(stored)
  expect(shown).toEqual({ 'X-Api-Key': REDACTED, 'X-Old': 'gone' })
  expect(parse({ 'x-api-key': REDACTED, 'X-New': 'n' }, stored).headers).toEqual({
    'x-api-key': 's3cret',
    'X-New': 'n',
  })
})

test('header names that suggest a secret hide their value', () => {
  const secret = [
    'Authorization',
    'Cookie',
    'Set-Cookie',
    'x-api-KEY',
    'X-Auth-User',
    'x-token',
    'X-Secret',
    'Password',
    'X-Hub-Signature',
  ]
  const plain = ['content-type', 'X-Tenant', 'user-agent']
  const shown = redactHeaders(Object.fromEntries([...secret, ...plain].map((name) => [name, 'v'])))
  expect(Object.keys(shown).filter((name) => shown[name] === REDACTED)).toEqual(secret)
})
