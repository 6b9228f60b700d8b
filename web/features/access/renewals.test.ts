import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { startProvider, type TestProvider } from '../../../api/test/oidc/provider.ts'
import { accessAfterRefusal, accessOf, endRenewals } from './renewals.ts'
import { type OidcSession, type Session, sealSession } from './session.ts'

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

/** A session that has just begun; its token is valid for five minutes. */
async function signIn(): Promise<Extract<Session, { kind: 'oidc' }>> {
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

const renewals = () => provider.asked.get('/token') ?? 0

describe('the access token of a session', () => {
  it('is used unchanged until shortly before its expiry', async () => {
    const session = await signIn()
    const before = renewals()
    expect(await accessOf(session)).toEqual({ token: session.tokens.accessToken, renewed: null })
    expect(renewals()).toBe(before)
  })

  it('is renewed once for all concurrent and later requests, with a single-use refresh token', async () => {
    const session = await signIn()
    const before = renewals()
    const near = session.tokens.renewAt
    const [first, ...others] = await Promise.all(Array.from({ length: 20 }, () => accessOf(session, near)))
    others.push(await accessOf(session, near))
    expect(first).toEqual({ token: expect.any(String), renewed: expect.any(String) })
    expect(first).not.toMatchObject({ token: session.tokens.accessToken })
    for (const other of others) expect(other).toEqual(first)
    expect(renewals()).toBe(before + 1)
  })

  it('ends when the provider refuses a renewal', async () => {
    const session = await signIn()
    const tokens = { ...session.tokens, refreshToken: 'none-of-yours' }
    expect(await accessOf({ ...session, sealed: sealSession(tokens), tokens }, tokens.renewAt)).toEqual({
      problem: 'ended',
    })
  })

  it('ends at its expiry without a refresh token', async () => {
    const session = await signIn()
    const tokens = { ...session.tokens, refreshToken: null }
    const without = { ...session, tokens }
    expect(await accessOf(without, tokens.renewAt)).toMatchObject({ token: tokens.accessToken })
    expect(await accessOf(without, tokens.expiresAt)).toEqual({ problem: 'ended' })
  })

  it('is used until its expiry while the provider is unavailable, and renewed afterwards', async () => {
    const { tokens, ...session } = await signIn()
    await provider.away()
    try {
      expect(await accessOf({ ...session, tokens }, tokens.renewAt)).toEqual({
        token: tokens.accessToken,
        renewed: null,
      })
      expect(await accessOf({ ...session, tokens }, tokens.expiresAt)).toEqual({ problem: 'away' })
    } finally {
      await provider.back()
    }
    const later = Date.now() + 10_000
    expect(await accessOf({ ...session, tokens }, Math.max(later, tokens.expiresAt))).toMatchObject({
      renewed: expect.any(String),
    })
  })

  it('is replaced after the API refused it, for all holders of the session', async () => {
    const session = await signIn()
    const other = await accessAfterRefusal(session)
    expect(other).toEqual({ token: expect.any(String), renewed: expect.any(String) })
    expect(other).not.toMatchObject({ token: session.tokens.accessToken })
    expect(await accessAfterRefusal(session)).toEqual(other)
    expect(await accessAfterRefusal({ kind: 'token', token: 'alk_0123' })).toBeNull()
  })

  it('is invalid after signing out, even if a renewal is in progress', async () => {
    const session = await signIn()
    const underWay = accessOf(session, session.tokens.renewAt)
    void endRenewals(session)
    expect(await underWay).toEqual({ problem: 'ended' })
    expect(await accessOf(session)).toEqual({ problem: 'ended' })
  })
})
