import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { NextRequest, type NextResponse } from 'next/server'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { accessOf } from '@/features/access/renewals.ts'
import { type OidcSession, readSession, SESSION_COOKIE, type Session, sealSession } from '@/features/access/session.ts'
import { startProvider, type TestProvider } from '../../../api/test/oidc/provider.ts'
import { DELETE } from './route.ts'

let provider: TestProvider

beforeAll(async () => {
  provider = await startProvider()
})
afterAll(() => provider.stop())

beforeEach(() => {
  vi.stubEnv('SECRET_KEY', randomBytes(32).toString('base64'))
  vi.stubEnv('OIDC_ISSUER', provider.issuer)
  vi.stubEnv('OIDC_CLIENT_ID', provider.clientId)
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

type ProviderSession = Extract<Session, { kind: 'oidc' }>

async function signIn(): Promise<ProviderSession> {
  const { access_token, refresh_token, id_token, expires_in } = await provider.signIn('viewer')
  const expiresAt = Date.now() + expires_in * 1_000
  const tokens: OidcSession = {
    id: randomUUID(),
    accessToken: access_token,
    refreshToken: refresh_token,
    idToken: id_token,
    renewAt: expiresAt - 60_000,
    expiresAt,
  }
  return { kind: 'oidc', sealed: sealSession(tokens), tokens }
}

const signOut = ({ sealed }: ProviderSession): Promise<NextResponse> =>
  DELETE(
    new NextRequest('http://console.example/session', {
      method: 'DELETE',
      headers: { 'sec-fetch-site': 'same-origin', cookie: `${SESSION_COOKIE}=s1.${sealed}` },
    }),
  )

/** Simulates a later time or another process, which has no record of the sessions that were signed out here. */
const forget = () => void Reflect.deleteProperty(globalThis, Symbol.for('aetherlink.renewals'))

const revocations = () => provider.asked.get('/token/revocation') ?? 0

describe('signing out', () => {
  it('redirects to the provider and revokes the refresh token', async () => {
    const session = await signIn()
    const before = revocations()
    const response = await signOut(session)
    expect((await response.json()).leadsTo).toContain(`${provider.issuer}/session/end?`)
    expect(response.cookies.get(SESSION_COOKIE)).toMatchObject({ value: '', maxAge: 0 })
    expect(revocations()).toBe(before + 1)
    forget()
    expect(await accessOf(session, session.tokens.renewAt)).toEqual({ problem: 'ended' })
  })

  it('revokes the newest refresh token, even if another tab has it or is renewing it', async () => {
    const fetched = vi.spyOn(globalThis, 'fetch')
    const handedBack = () => {
      const [, init] = fetched.mock.calls.findLast(([url]) => String(url).endsWith('/token/revocation')) ?? []
      return new URLSearchParams(String(init?.body)).get('token')
    }
    const session = await signIn()
    const access = await accessOf(session, session.tokens.renewAt)
    const sealed = 'renewed' in access ? access.renewed : null
    const renewed = readSession((name) => (name === SESSION_COOKIE ? `s1.${sealed}` : undefined))
    await signOut(session)
    expect(renewed).toMatchObject({ tokens: { refreshToken: handedBack() } })

    const other = await signIn()
    const underWay = accessOf(other, other.tokens.renewAt)
    await signOut(other)
    expect(await underWay).toEqual({ problem: 'ended' })
    expect([null, renewed?.kind === 'oidc' && renewed.tokens.refreshToken, other.tokens.refreshToken]).not.toContain(
      handedBack(),
    )
  })

  it('works while the provider is unavailable or hangs', async () => {
    const sessions = [await signIn(), await signIn()]
    const port = Number(new URL(provider.issuer).port)
    const sockets: Socket[] = []
    const silent = createServer((socket) => void sockets.push(socket))
    await provider.away()
    try {
      for (const session of sessions) {
        const response = await signOut(session)
        expect((await response.json()).leadsTo).toContain('/session/end?')
        expect(response.cookies.get(SESSION_COOKIE)).toMatchObject({ value: '' })
        if (!silent.listening) await once(silent.listen(port, '127.0.0.1'), 'listening')
      }
      expect(sockets.length).toBeGreaterThan(0)
    } finally {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => silent.close(resolve))
      await provider.back()
    }
  })
})
