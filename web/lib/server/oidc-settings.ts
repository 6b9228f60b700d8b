import { sealingSecret } from './sealing-secret.ts'

/** Settings for sign-in at an OpenID provider. */
export interface OidcSettings {
  issuer: URL
  clientId: string
  /** Null for a public client, which has no secret. */
  clientSecret: string | null
  scopes: string
  /** The resource for which access tokens are requested (RFC 8707); null if the provider decides. */
  resource: string | null
}

type Source = Record<string, string | undefined>

const wrong = (name: string, expected: string): Error => new Error(`${name}: expected ${expected}`)

function httpUrl(name: string, value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : null
  if (!url || !/^https?:$/.test(url.protocol)) throw wrong(name, `an http or https URL, not ${JSON.stringify(value)}`)
  return url
}

/**
 * The settings for sign-in at a provider; null without OIDC_CLIENT_ID. OIDC_ISSUER alone does not enable it: the API
 * also uses that setting to accept tokens of other clients. Read at run time, not at build time. If a value is invalid,
 * throws an error with the setting's name.
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

/** The public origin from WEB_URL; null if the host of each request is to be used. Throws if the value is invalid. */
export function webOrigin(source: Source = process.env): URL | null {
  if (!source.WEB_URL) return null
  const url = httpUrl('WEB_URL', source.WEB_URL)
  if (url.pathname !== '/' || url.search || url.hash) throw wrong('WEB_URL', 'https://host without a path')
  return url
}
