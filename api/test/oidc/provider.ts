import { createHash, randomBytes } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
} from 'jose'
import { type AdapterPayload, Provider } from 'oidc-provider'
import { AUDIENCE, CLIENT_ID, configurationOf, extraClaims, type TestUser } from './configuration.ts'
import { REDIRECT_URI, requestCode, SIGN_IN, signInPage } from './sign-in.ts'

export type { TestUser } from './configuration.ts'

export interface Tokens {
  access_token: string
  id_token: string
  refresh_token: string
  expires_in: number
}

/** A real OpenID provider for tests. Its access tokens are JWTs (RFC 9068). */
export interface TestProvider {
  issuer: string
  /** The `aud` claim of its access tokens. */
  audience: string
  /** The id of a public client, which uses the authorization code flow with PKCE and refresh tokens. */
  clientId: string
  /** The settings OIDC_ISSUER and OIDC_AUDIENCE. */
  settings: { OIDC_ISSUER: string; OIDC_AUDIENCE: string }
  /**
   * Users by name. The name is also their `sub`. The sign-in page has a button for each user. Users can be added at any
   * time.
   */
  users: Map<string, TestUser>
  /** Lifetimes in seconds of the tokens that are issued from now on. */
  lifetimes: { accessToken: number; refreshToken: number }
  /** Number of requests per path. */
  asked: Map<string, number>
  /** Signs in as a browser does: with the authorization code flow, PKCE and the sign-in page. */
  signIn(user: string): Promise<Tokens>
  refresh(refreshToken: string): Promise<Tokens>
  /** A token with any claims. It is signed with the provider's key, unless another key is given. */
  sign(claims: Record<string, unknown>, options?: { header?: Partial<JWTHeaderParameters>; key?: JWK }): Promise<string>
  /** The claims of a valid access token, to be modified: `sign({ ...claimsOf('ann'), aud: 'others' })`. */
  claimsOf(user: string): JWTPayload
  /** The public part of the current signing key. */
  publicKey(): JWK
  /** Switches to a new signing key. The previous key stays published, or is withdrawn. */
  rotate(options?: { withdraw?: boolean }): Promise<void>
  /**
   * Stops answering after the requests in progress, until the provider is started again at the same address. If the
   * response to a refresh were lost, its session would be lost too, because a refresh token can be used only once.
   */
  away(): Promise<void>
  back(): Promise<void>
  stop(): Promise<void>
}

export interface TestProviderOptions {
  /** Redirect URIs of the client, one for each page that signs in. */
  redirectUris?: string[]
  postLogoutRedirectUris?: string[]
  users?: Record<string, TestUser>
  /** The port; chosen by the system by default. */
  port?: number
}

/** A user with roles as Keycloak issues them, and with a tenant as a custom mapper issues it. */
export const userOf = (name: string, roles: string[], tenantId?: string | string[]): TestUser => ({
  name,
  claims: { realm_access: { roles }, ...(tenantId && { tenant_id: tenantId }) },
})

const USERS: Record<string, TestUser> = {
  viewer: userOf('Vera Viewer', ['viewer']),
  agent: userOf('Ada Agent', ['agent']),
  operator: userOf('Otto Operator', ['operator']),
  admin: userOf('Anna Admin', ['admin']),
  nobody: userOf('Noah Nobody', ['offline_access', 'uma_authorization']),
  acme: userOf('Alex Acme', ['operator'], 'tenant-acme'),
  several: userOf('Sam Several', ['operator'], ['tenant-1', 'tenant-2']),
}

export async function startProvider(options: TestProviderOptions = {}): Promise<TestProvider> {
  const users = new Map(Object.entries(options.users ?? USERS))
  const lifetimes = { accessToken: 300, refreshToken: 3_600 }
  const asked = new Map<string, number>()
  const stored = new Map<string, AdapterPayload>()
  const cookieKey = randomBytes(16).toString('hex')
  const redirectUris = [...(options.redirectUris ?? []), REDIRECT_URI]
  const postLogoutRedirectUris = options.postLogoutRedirectUris ?? []
  let keys = [await newKey()]
  const signingKey = () => keys[0]!

  let handle: RequestListener = (_req, res) => res.writeHead(503).end()
  const server = createServer((req, res) => {
    const path = (req.url ?? '').split('?')[0] ?? ''
    asked.set(path, (asked.get(path) ?? 0) + 1)
    handle(req, res)
  })
  const listen = (port: number) =>
    new Promise<number>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
    })
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  const port = await listen(options.port ?? 0)
  const issuer = `http://127.0.0.1:${port}`

  // A provider instance cannot change its keys. So a new instance with the same storage replaces it.
  const begin = () => {
    const provider: Provider = new Provider(
      issuer,
      configurationOf(
        { keys, cookieKey, stored, users, lifetimes, redirectUris, postLogoutRedirectUris },
        () => provider,
      ),
    )
    const callback = provider.callback()
    handle = (req, res) => {
      if (req.url?.startsWith(SIGN_IN)) void signInPage(provider, [...users.keys()], req, res)
      else void callback(req, res)
    }
  }
  begin()

  const token = async (form: Record<string, string>): Promise<Tokens> => {
    const body = new URLSearchParams({ client_id: CLIENT_ID, ...form })
    const response = await fetch(`${issuer}/token`, { method: 'POST', body })
    const answer: unknown = await response.json()
    if (!response.ok) throw new Error(`the provider gave no token: ${JSON.stringify(answer)}`)
    return answer as Tokens
  }

  return {
    issuer,
    audience: AUDIENCE,
    clientId: CLIENT_ID,
    settings: { OIDC_ISSUER: issuer, OIDC_AUDIENCE: AUDIENCE },
    users,
    lifetimes,
    asked,
    async signIn(user) {
      const verifier = randomBytes(32).toString('base64url')
      const query = new URLSearchParams({
        client_id: CLIENT_ID,
        response_type: 'code',
        scope: 'openid profile',
        redirect_uri: REDIRECT_URI,
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
      })
      const code = await requestCode(`${issuer}/auth?${query}`, user)
      return token({ grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI, code_verifier: verifier })
    },
    refresh: (refreshToken) => token({ grant_type: 'refresh_token', refresh_token: refreshToken }),
    async sign(claims, { header, key = signingKey() } = {}) {
      const alg = header?.alg ?? 'RS256'
      const jwt = new SignJWT(claims as JWTPayload).setProtectedHeader({ typ: 'at+jwt', kid: key.kid, ...header, alg })
      return jwt.sign(await importJWK(key, alg))
    },
    claimsOf(user) {
      const now = Math.floor(Date.now() / 1_000)
      const times = { iat: now, exp: now + lifetimes.accessToken }
      return { iss: issuer, aud: AUDIENCE, sub: user, client_id: CLIENT_ID, ...times, ...extraClaims(users.get(user)) }
    },
    publicKey() {
      const { kty, n, e, kid, alg, use } = signingKey()
      return { kty, n, e, kid, alg, use }
    },
    async rotate({ withdraw = false } = {}) {
      keys = [await newKey(), ...(withdraw ? [] : keys)]
      begin()
    },
    away: () =>
      new Promise((resolve) => {
        const closing = setInterval(() => server.closeIdleConnections(), 10)
        server.close(() => {
          clearInterval(closing)
          resolve()
        })
      }),
    back: async () => void (await listen(port)),
    stop: close,
  }
}

async function newKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  return { ...(await exportJWK(privateKey)), kid: randomBytes(8).toString('hex'), alg: 'RS256', use: 'sig' }
}
