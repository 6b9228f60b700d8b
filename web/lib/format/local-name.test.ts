import { expect, it } from 'vitest'
import { cameByLocalName } from './local-name.ts'

it.each(['localhost:3000', '127.0.0.1:3000', '10.0.0.5', '[::1]:3000', 'nas', 'console.lan:3000', 'web.internal'])(
  'accepts %s as a local name',
  (host) => expect(cameByLocalName(new Headers({ host }))).toBe(true),
)

it.each(['evil.example:3000', 'localhost.evil.example', '127.0.0.1.evil.example', ''])(
  'rejects %j as a name that others may own',
  (host) => expect(cameByLocalName(new Headers({ host }))).toBe(false),
)

it('checks every host name of a request', () => {
  expect(cameByLocalName(new Headers({ host: 'web:3000', 'x-forwarded-host': 'console.example.com' }))).toBe(false)
  expect(cameByLocalName(new Headers({ host: 'evil.example', 'x-forwarded-host': 'localhost' }))).toBe(false)
})
