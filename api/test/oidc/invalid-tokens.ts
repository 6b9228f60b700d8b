import { exportSPKI, importJWK, SignJWT } from 'jose'
import type { TestProvider } from './provider.ts'

/**
 * Tokens that the API must refuse, each with the reason in the error. `good` is a valid token of the provider's admin,
 * `stranger` is a provider that the API does not trust, and `now` is the time in seconds since 1970.
 */
export async function invalidTokens({
  provider,
  stranger,
  good,
  now,
}: {
  provider: TestProvider
  stranger: TestProvider
  good: string
  now: number
}): Promise<[reason: string, token: string | Promise<string>][]> {
  const { id_token: idToken } = await provider.signIn('admin')
  const bent = (claims: Record<string, unknown>, options?: Parameters<TestProvider['sign']>[1]) =>
    provider.sign({ ...provider.claimsOf('admin'), ...claims }, options)
  const without = (claim: string) => {
    const { [claim]: _gone, ...claims } = provider.claimsOf('admin')
    return provider.sign(claims)
  }
  const [head = '', body = '', signature = ''] = good.split('.')
  const publicKey = provider.publicKey()
  const hmac = async (secret: Uint8Array) =>
    new SignJWT(provider.claimsOf('admin')).setProtectedHeader({ alg: 'HS256', kid: publicKey.kid }).sign(secret)
  const pem = await exportSPKI((await importJWK({ ...publicKey }, 'RS256', { extractable: true })) as CryptoKey)
  const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const foreign = stranger.sign(provider.claimsOf('admin'), { header: { kid: publicKey.kid } })

  return [
    ['claims', bent({ iss: `${provider.issuer}/` })],
    ['claims', bent({ iss: 'https://accounts.example.com' })],
    ['claims', bent({ aud: 'another-api' })],
    ['claims', bent({ aud: ['another-api', 'account'] })],
    ['claims', idToken],
    ['claims', without('aud')],
    ['claims', without('exp')],
    ['claims', without('sub')],
    ['claims', bent({ exp: 'tomorrow' })],
    ['claims', bent({ nbf: 'yesterday' })],
    ['expired', bent({ exp: now - 6 })],
    ['notYetValid', bent({ nbf: now + 60 })],
    ['algorithm', `${encoded({ alg: 'none' })}.${body}.`],
    ['algorithm', `${encoded({ alg: 'None', kid: publicKey.kid })}.${body}.${signature}`],
    ['algorithm', hmac(new TextEncoder().encode(pem))],
    ['algorithm', hmac(Buffer.from(publicKey.n ?? '', 'base64url'))],
    ['key', bent({}, { header: { kid: 'unheard-of' } })],
    ['signature', foreign],
    [
      'signature',
      `${head}.${encoded({ ...provider.claimsOf('viewer'), realm_access: { roles: ['admin'] } })}.${signature}`,
    ],
    ['signature', good.slice(0, -20)],
    ['malformed', good.slice(0, -signature.length - 1)],
    ['malformed', good.slice(0, head.length - 3)],
    ['malformed', 'not.a.token'],
    ['type', bent({ typ: 'ID' })],
    ['type', bent({ typ: 'Refresh' })],
    ['type', bent({}, { header: { typ: 'logout+jwt' } })],
    ['type', bent({ cnf: { jkt: 'a thumbprint' } })],
    ['type', bent({ at_hash: 'x' })],
    ['type', bent({ sub: 's'.repeat(256) })],
    ['type', bent({ sub: 'half \ud800' })],
    ['algorithm', `${encoded({ alg: 'RS256', kid: publicKey.kid, crit: ['x'], x: 1 })}.${body}.${signature}`],
  ]
}
