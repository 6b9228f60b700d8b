import { hash } from 'node:crypto'
import { errors, type JWTPayload, jwtVerify } from 'jose'
import { LRUCache } from 'lru-cache'
import type { AppContext } from '../../app-context.ts'
import { deny } from '../../identity/denied.ts'
import type { Identity } from '../../identity/identity.ts'
import { AppError } from '../../kit/errors.ts'
import { createProviderKeys } from './jwks-cache.ts'
import { nameIn, rolesIn, tenantsIn } from './oidc-claims.ts'

/** Verifies access tokens of an OpenID provider: JWTs as in RFC 9068, and as Keycloak issues them. */
export interface OidcTokens {
  /**
   * The identity of a token. An identity without roles has no rights. An identity with `tenants` must choose one of
   * them. Rejects with UNAUTHENTICATED and the reason for a refused token, FORBIDDEN for a token without a required
   * tenant, and UNAVAILABLE while the provider is unavailable and its keys are not cached.
   */
  verify(token: string): Promise<Identity> | Identity
}

/**
 * Only algorithms whose signatures need the provider's private key. With HMAC an attacker could sign with the public
 * key as the secret (RFC 8725, section 2.1).
 */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']

/** Maximum number of verified tokens in the cache. The cache is cleared when the provider withdraws a key. */
const MAX_REMEMBERED = 10_000

/** The maximum length of a subject in OpenID Connect Core 1.0, section 2. */
const MAX_SUBJECT = 255

export function createOidcTokens(
  { env, clock, log }: Pick<AppContext, 'env' | 'clock' | 'log'>,
  issuer: string,
  audience: string[],
): OidcTokens {
  // Keyed by the hash of the token, so that memory holds no usable token.
  const verified = new LRUCache<string, Identity>({ max: MAX_REMEMBERED })
  // Counts withdrawals of keys. A token whose verification began before a withdrawal must not be cached after it.
  let withdrawals = 0
  const jwksUri = env.OIDC_JWKS_URI
  const keys = createProviderKeys({ issuer, jwksUri }, { clock, log }, () => {
    withdrawals += 1
    verified.clear()
  })
  const clockTolerance = env.OIDC_CLOCK_SKEW_SECONDS

  const identityOf = (claims: JWTPayload): Identity => {
    const { sub = '', exp = 0 } = claims
    const tenants = tenantsIn(claims, env)
    const identity: Identity = {
      kind: 'USER',
      id: sub,
      name: nameIn(claims, env),
      roles: rolesIn(claims, env),
      tenantId: null,
      expiresAt: new Date((exp + clockTolerance) * 1_000),
    }
    if (tenants === null) return identity
    if ('problem' in tenants) throw deny({ ...identity, roles: [] }, tenants.problem)
    const [only, ...others] = tenants
    return only !== undefined && others.length === 0 ? { ...identity, tenantId: only } : { ...identity, tenants }
  }

  const check = async (token: string, key: string): Promise<Identity> => {
    const before = withdrawals
    let claims: JWTPayload
    try {
      const { payload, protectedHeader } = await jwtVerify(token, keys.find, {
        issuer,
        audience,
        clockTolerance,
        algorithms: ALGORITHMS,
        requiredClaims: ['sub', 'exp'],
        currentDate: new Date(clock()),
      })
      refuseOthers(protectedHeader.typ, payload)
      claims = payload
    } catch (error) {
      throw refusalOf(error)
    }
    const identity = identityOf(claims)
    if (withdrawals === before) verified.set(key, identity)
    return identity
  }

  return {
    verify(token) {
      const key = hash('sha256', token, 'base64')
      const cached = verified.get(key)
      if (!cached?.expiresAt || cached.expiresAt.getTime() <= clock()) return check(token, key)
      keys.freshen()
      return cached
    },
  }
}

class NotAccess extends Error {}

const TYPES = ['jwt', 'at+jwt', 'application/at+jwt', 'application/jwt']

/**
 * Refuses tokens that are not access tokens. A provider signs ID tokens and logout tokens with the same key. They are
 * recognised by the header's type (RFC 8725, section 3.11), by Keycloak's claim `typ`, and by claims that only they
 * have. Sender-constrained tokens (`cnf`: RFC 9449, RFC 8705) are refused because their binding to the sender is not
 * checked here.
 */
function refuseOthers(type: string | undefined, claims: JWTPayload): void {
  if (type !== undefined && !TYPES.includes(type.toLowerCase())) throw new NotAccess(`is of type ${type.slice(0, 40)}`)
  if (typeof claims.typ === 'string' && claims.typ !== 'Bearer') throw new NotAccess(`is of type ${claims.typ}`)
  if (claims.at_hash !== undefined || claims.c_hash !== undefined || claims.events !== undefined)
    throw new NotAccess('is no access token')
  if (claims.cnf !== undefined) throw new NotAccess('is bound to a key, which is not supported')
  const subject = String(claims.sub)
  if (subject === '' || subject.length > MAX_SUBJECT || subject.includes('\0') || !subject.isWellFormed())
    throw new NotAccess('has no usable sub')
}

/** The error for a refused token, with the reason and the remedy. The holder of a token may read the reason. */
function refusalOf(error: unknown): unknown {
  if (error instanceof NotAccess) return refused(error.message, 'type')
  if (!(error instanceof errors.JOSEError) || OURS.some((type) => error instanceof type)) return error
  if (error instanceof errors.JWTExpired) return refused('has expired', 'expired')
  if (error instanceof errors.JWTClaimValidationFailed) {
    const { claim, reason } = error
    if (reason === 'missing') return refused(`has no ${claim}`, 'claims')
    if (reason === 'invalid') return refused(`has an unusable ${claim}`, 'claims')
    return refused(CLAIMS[claim] ?? `has an unusable ${claim}`, claim === 'nbf' ? 'notYetValid' : 'claims')
  }
  if (error instanceof errors.JWKSNoMatchingKey) return refused('names a key that its issuer does not have', 'key')
  if (error instanceof errors.JWKSMultipleMatchingKeys)
    return refused('names no key (kid), and its issuer has several', 'key')
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return refused("is not signed with its issuer's key", 'signature')
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported)
    return refused('is signed with an algorithm that is not accepted', 'algorithm')
  return refused('is not a well-formed JWT', 'malformed')
}

/** Errors in the documents that the provider publishes. */
const OURS = [errors.JWKSInvalid, errors.JWKInvalid, errors.JWKSTimeout]

const CLAIMS: Readonly<Record<string, string>> = {
  iss: 'is from another issuer',
  aud: 'is meant for another audience',
  nbf: 'is not valid yet',
}

const refused = (why: string, reason: string): AppError =>
  new AppError('UNAUTHENTICATED', `the token is refused: it ${why}`, { reason })
