import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { NextRequest, NextResponse } from 'next/server'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  bearerOf,
  endSession,
  keepSealed,
  type OidcSession,
  readSession,
  SESSION_COOKIE,
  sealSession,
} from './session.ts'

beforeEach(() => void vi.stubEnv('SECRET_KEY', randomBytes(32).toString('base64')))
afterEach(() => void vi.unstubAllEnvs())

const tokens = (accessToken: string): OidcSession => ({
  id: 'one',
  accessToken,
  refreshToken: 'refresh',
  idToken: null,
  renewAt: 1_000,
  expiresAt: 2_000,
})

const cookiesOf = (response: NextResponse) =>
  new Map(response.cookies.getAll().map(({ name, value }) => [name, value] as const))

const requestWith = (cookies: Map<string, string>) =>
  new NextRequest('https://console.example/', {
    headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
  })

function keep(session: OidcSession, before = new Map<string, string>()) {
  const response = new NextResponse()
  keepSealed(requestWith(before), response, sealSession(session))
  return { response, cookies: cookiesOf(response) }
}

describe('a session with tokens of a provider', () => {
  it('is read as it was kept, whatever its size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7_000 }), (length) => {
        const session = tokens('t'.repeat(length))
        const { cookies } = keep(session)
        for (const value of cookies.values()) expect(value.length).toBeLessThan(3_800)
        expect(readSession((name) => cookies.get(name))).toMatchObject({ kind: 'oidc', tokens: session })
      }),
      { numRuns: 50 },
    )
  })

  it('is more than a browser keeps at some size, which is said', () => {
    expect(() => keep(tokens('t'.repeat(9_000)))).toThrow(/a browser keeps 10800/)
  })

  it('takes its former cookies with it when it shrinks and when it ends', () => {
    const { cookies } = keep(tokens('t'.repeat(6_000)))
    expect(cookies.size).toBe(3)
    const shrunk = keep(tokens('t'), cookies).cookies
    expect([...shrunk.values()].filter(Boolean)).toHaveLength(1)
    expect(shrunk.size).toBe(3)
    const response = new NextResponse()
    endSession(requestWith(cookies), response)
    expect([...cookiesOf(response).values()]).toEqual(['', '', ''])
    expect(keep(tokens('t')).response.cookies.get(SESSION_COOKIE)).toMatchObject({
      httpOnly: true,
      sameSite: 'lax',
      secure: true,
    })
  })

  it('is none when a byte of it is changed, a part is missing, or another key sealed it', () => {
    const { cookies } = keep(tokens('t'.repeat(6_000)))
    const read = (cookie: (name: string) => string | undefined) => readSession(cookie)
    expect(read((name) => (name.endsWith('.1') ? undefined : cookies.get(name)))).toBeNull()
    expect(read((name) => cookies.get(name)?.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')))).toBeNull()
    vi.stubEnv('SECRET_KEY', randomBytes(32).toString('base64'))
    expect(read((name) => cookies.get(name))).toBeNull()
    vi.stubEnv('SECRET_KEY', '')
    expect(read((name) => cookies.get(name))).toBeNull()
  })

  it('proves who it is until its token ends', () => {
    const { cookies } = keep(tokens('t'))
    const session = readSession((name) => cookies.get(name))
    expect(session && [bearerOf(session, 1_999), bearerOf(session, 2_000)]).toEqual(['t', null])
  })
})

it('an API key is a session as it is, and needs no SECRET_KEY', () => {
  vi.stubEnv('SECRET_KEY', '')
  expect(readSession(() => 'alk_0123')).toEqual({ kind: 'token', token: 'alk_0123' })
  expect(readSession(() => undefined)).toBeNull()
})
