import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { NextRequest, NextResponse } from 'next/server'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { jarOf } from '@/lib/server/cookies.ts'
import {
  bearerOf,
  endSession,
  keepSealed,
  type OidcSession,
  readSession,
  SESSION_COOKIE,
  sealSession,
  startSession,
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

const requestWith = (cookies: Map<string, string>, url = 'https://console.example/') =>
  new NextRequest(url, { headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') } })

/** The session of a browser with these cookies. */
const read = (cookies: Map<string, string>, now?: number) => readSession(jarOf(requestWith(cookies)), now)

function keep(session: OidcSession, before = new Map<string, string>()) {
  const response = new NextResponse()
  keepSealed(requestWith(before), response, sealSession(session))
  return { response, cookies: cookiesOf(response) }
}

describe('a session with tokens of a provider', () => {
  it('is read back at any size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7_000 }), (length) => {
        const session = tokens('t'.repeat(length))
        const { cookies } = keep(session)
        for (const value of cookies.values()) expect(value.length).toBeLessThan(3_800)
        expect(read(cookies)).toMatchObject({ kind: 'oidc', tokens: session })
      }),
      { numRuns: 50 },
    )
  })

  it('throws if it is too large for a browser', () => {
    expect(() => keep(tokens('t'.repeat(9_000)))).toThrow(/a browser stores at most 10800/)
  })

  it('deletes former cookies when it shrinks or ends', () => {
    const { cookies } = keep(tokens('t'.repeat(6_000)))
    expect(cookies.size).toBe(3)
    const shrunk = keep(tokens('t'), cookies).cookies
    expect([...shrunk.values()].filter(Boolean)).toHaveLength(1)
    expect(shrunk.size).toBe(3)
    const response = new NextResponse()
    endSession(requestWith(cookies), response)
    expect([...cookiesOf(response).values()]).toEqual(['', '', ''])
  })

  it('is invalid if a byte is changed, a part is missing, or another key sealed it', () => {
    const { cookies } = keep(tokens('t'.repeat(6_000)))
    expect(read(new Map([...cookies].filter(([name]) => !name.endsWith('.1'))))).toBeNull()
    const change = (value: string) => value.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
    expect(read(new Map([...cookies].map(([name, value]) => [name, change(value)])))).toBeNull()
    vi.stubEnv('SECRET_KEY', randomBytes(32).toString('base64'))
    expect(read(cookies)).toBeNull()
  })

  it('authenticates until its token expires', () => {
    const { cookies } = keep(tokens('t'))
    const session = read(cookies)
    expect(session && [bearerOf(session, 1_999), bearerOf(session, 2_000)]).toEqual(['t', null])
  })
})

describe('a session with an API key, or a token of the API', () => {
  const KEY = 'alk_0123456789abcdef'
  const start = (token: string, expiresAt: Date | null = null) => {
    const response = new NextResponse()
    startSession(requestWith(new Map()), response, token, expiresAt)
    return cookiesOf(response)
  }

  it('is sealed: the key is not readable in the cookie', () => {
    const cookies = start(KEY)
    expect(read(cookies)).toEqual({ kind: 'token', token: KEY })
    for (const value of cookies.values())
      expect(value + Buffer.from(value, 'base64url').toString('latin1')).not.toContain(KEY)
    vi.stubEnv('SECRET_KEY', randomBytes(32).toString('base64'))
    expect(read(cookies)).toBeNull()
    vi.stubEnv('SECRET_KEY', '')
    expect(() => start(KEY)).toThrow('SECRET_KEY')
  })

  it('expires after its maximum age or with its token', () => {
    const now = Date.now()
    const shift = start(KEY)
    expect(read(shift, now + 11 * 3_600_000)).not.toBeNull()
    expect(read(shift, now + 13 * 3_600_000)).toBeNull()
    const hour = start('token', new Date(now + 3_600_000))
    expect([read(hour, now + 3_599_000), read(hour, now + 3_600_000)]).toEqual([
      { kind: 'token', token: 'token' },
      null,
    ])
  })

  it('is invalid if not sealed here or if its token is not a valid header', () => {
    for (const value of [KEY, 's1.alk_0123', `s1.${Buffer.from(KEY).toString('base64url')}`, 'tok%0d%0aX'])
      expect(read(new Map([[`__Host-${SESSION_COOKIE}`, value]]))).toBeNull()
    for (const token of ['tok\r\nx: y', 'to ken', 'tök', '']) expect(read(start(token))).toBeNull()
    expect(read(new Map())).toBeNull()
  })
})

describe('the cookies of a session', () => {
  const cookieOf = (url: string, headers: Record<string, string> = {}) => {
    const response = new NextResponse()
    startSession(new NextRequest(url, { headers }), response, 'alk_0123', null)
    return response.headers.get('set-cookie')
  }

  it('have the __Host- prefix over https', () => {
    const parts = ['; Path=/', '; Secure', '; HttpOnly', '; SameSite=lax']
    for (const cookie of [
      cookieOf('https://console.example/'),
      cookieOf('http://127.0.0.1:3000/', { 'x-forwarded-proto': 'https' }),
    ]) {
      expect(cookie).toMatch(/^__Host-aetherlink_session=s1\./)
      for (const part of parts) expect(cookie).toContain(part)
      expect(cookie).not.toMatch(/domain/i)
    }
    vi.stubEnv('WEB_URL', 'https://console.example')
    expect(cookieOf('http://127.0.0.1:3000/')).toMatch(/^__Host-/)
  })

  it('have plain names over http', () => {
    expect(cookieOf('http://127.0.0.1:3000/')).toMatch(/^aetherlink_session=s1\./)
    expect(cookieOf('http://127.0.0.1:3000/')).not.toContain('Secure')
  })

  it('are ignored under a name that another site could have set', () => {
    const { cookies } = keep(tokens('t'))
    const planted = new Map([[SESSION_COOKIE, cookies.get(`__Host-${SESSION_COOKIE}`) ?? '']])
    expect(read(planted)).toBeNull()
    expect(readSession(jarOf(requestWith(planted, 'http://127.0.0.1:3000/')))).not.toBeNull()
  })
})
