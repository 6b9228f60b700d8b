import { sealingSecret } from './sealing-secret.ts'

/** How people sign in through an OpenID provider. */
export interface OidcSettings {
  issuer: URL
  clientId: string
  /** Null for a public client. */
  clientSecret: string | null
  scopes: string
  /** What access tokens are asked for (RFC 8707); null where the provider settles it. */
  resource: string | null
}

type Source = Record<string, string | undefined>

const wrong = (name: string, takes: string): Error => new Error(`${name}: takes ${takes}`)

function httpUrl(name: string, value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : null
  if (!url || !/^https?:$/.test(url.protocol)) throw wrong(name, `an http or https URL, not ${JSON.stringify(value)}`)
  return url
}

/**
 * The settings of sign-in through a provider, or null without OIDC_CLIENT_ID: OIDC_ISSUER alone is for the API, which may
 * take tokens that others get. Read when the server runs, never built into it. Throws on a wrong one, naming it.
 */
export function oidcSettings(source: Source = process.env): OidcSettings | null {
  if (!source.OIDC_CLIENT_ID) {
    if (source.OIDC_CLIENT_SECRET) throw wrong('OIDC_CLIENT_ID', 'the client that OIDC_CLIENT_SECRET is for')
    return null
  }
  if (!source.OIDC_ISSUER) throw wrong('OIDC_ISSUER', 'the provider of OIDC_CLIENT_ID')
  sealingSecret(source)
  const scopes = (source.OIDC_SCOPES || 'openid profile').split(/[\s,]+/).filter(Boolean)
  if (!scopes.includes('openid'))
    throw wrong('OIDC_SCOPES', `openid among others, not ${JSON.stringify(scopes.join(' '))}`)
  return {
    issuer: httpUrl('OIDC_ISSUER', source.OIDC_ISSUER),
    clientId: source.OIDC_CLIENT_ID,
    clientSecret: source.OIDC_CLIENT_SECRET || null,
    scopes: scopes.join(' '),
    resource: source.OIDC_RESOURCE || null,
  }
}

/** The origin that people open, from WEB_URL; null: whatever name a request came by. Throws on a wrong value. */
export function webOrigin(source: Source = process.env): URL | null {
  if (!source.WEB_URL) return null
  const url = httpUrl('WEB_URL', source.WEB_URL)
  if (url.pathname !== '/' || url.search || url.hash) throw wrong('WEB_URL', 'https://host without a path')
  return url
}
