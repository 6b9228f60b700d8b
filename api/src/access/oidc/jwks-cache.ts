import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import { z } from 'zod'
import type { AppContext } from '../../app-context.ts'
import { createSingleFlight } from '../../kit/async/single-flight.ts'
import { AppError } from '../../kit/errors.ts'

/** The public keys of an identity provider. */
export interface ProviderKeys {
  /**
   * Finds the key that a token names. Rejects with JWKSNoMatchingKey if the keys were requested for this token and do
   * not contain its key. Rejects with UNAVAILABLE if that is unknown, because the provider is unavailable or too many
   * requests were sent to it.
   */
  find: JWTVerifyGetKey
  /** Refreshes the keys in the background if they are old. Call this after using cached keys without `find`. */
  freshen(): void
}

const REQUEST_MS = 5_000
/** Age at which the keys are refreshed in the background, so that a withdrawn key is not accepted for ever. */
const MAX_AGE_MS = 600_000
/**
 * The key of a token may be new, so an unknown key causes a request to the provider. Anybody can send such a token, so
 * at most this many requests are sent in a row, and then one every ten seconds.
 */
const ASKS = 5
const COOLDOWN_MS = 10_000
const RETRY_MS = 2_000
const TELL_EVERY_MS = 60_000

/**
 * Fetches the keys with the first token, and again when a token names an unknown key, so that the first token after a
 * key rotation is accepted. While the provider is unavailable, cached keys are used. `changed` is called when keys
 * disappear.
 */
export function createProviderKeys(
  { issuer, jwksUri }: { issuer: string; jwksUri: string | undefined },
  { clock, log }: Pick<AppContext, 'clock' | 'log'>,
  changed: () => void,
): ProviderKeys {
  let keys: { find: JWTVerifyGetKey; ids: ReadonlySet<string>; readAt: number } | null = null
  let triedAt = Number.NEGATIVE_INFINITY
  // The instant at which all ASKS requests are available again. This is GCRA, which stores one timestamp instead of a
  // bucket.
  let allAt = Number.NEGATIVE_INFINITY
  let failed = false
  let toldAt = Number.NEGATIVE_INFINITY

  const load = async () => {
    triedAt = clock()
    try {
      const set = keySet.parse(await getJson(jwksUri ?? (await discover(issuer))))
      // jose checks a key only when the key is used, so one unusable key in the set does not affect the others.
      const find = createLocalJWKSet(set as JSONWebKeySet)
      const ids = new Set(set.keys.map((key) => JSON.stringify(key)))
      if (keys && [...keys.ids].some((id) => !ids.has(id))) changed()
      keys = { find, ids, readAt: clock() }
      failed = false
      allAt = Math.max(allAt, clock()) + COOLDOWN_MS
    } catch (error) {
      failed = true
      if (clock() - toldAt < TELL_EVERY_MS) return
      toldAt = clock()
      log.warn({ err: error, issuer }, 'the keys of the identity provider could not be read')
    }
  }
  const reloads = createSingleFlight(load)
  /** Milliseconds until the next request to the provider is allowed; 0 or less means that it is allowed now. */
  const wait = () => (failed ? triedAt + RETRY_MS : allAt - (ASKS - 1) * COOLDOWN_MS) - clock()
  const mayAsk = () => wait() <= 0

  const freshen = () => {
    if (keys && clock() - keys.readAt > MAX_AGE_MS && mayAsk()) void reloads.run()
  }

  return {
    freshen,
    async find(header, token) {
      freshen()
      const findCached = async () => {
        try {
          return keys && (await keys.find(header, token))
        } catch (error) {
          if (error instanceof errors.JWKSNoMatchingKey) return null
          throw error
        }
      }
      let key = await findCached()
      // A fetch in progress may have begun before this token's key existed. If its result contains the key, the key
      // exists; otherwise another request is necessary.
      if (!key && reloads.current) {
        await reloads.current
        key = await findCached()
      }
      const isAsked = !key && (reloads.current !== undefined || mayAsk())
      if (isAsked) {
        await reloads.run()
        key = await findCached()
      }
      if (key) return key
      if (!keys || failed) throw away()
      throw isAsked ? new errors.JWKSNoMatchingKey() : unknown(Math.max(1, wait()))
    },
  }
}

const away = () => new AppError('UNAVAILABLE', 'the identity provider is unavailable; try again')

const unknown = (retryAfterMs: number) =>
  new AppError(
    'UNAVAILABLE',
    `the token is signed with an unknown key, and the keys were requested from the identity provider a moment ago; try again in ${retryAfterMs} ms`,
    { retryAfterMs },
  )

const keySet = z.object({ keys: z.array(z.object({ kty: z.string() }).loose()) })

const discovery = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) })

/**
 * Returns the URL of the keys. By OpenID Connect Discovery 1.0, section 4.3, the document must name the configured
 * issuer.
 */
async function discover(issuer: string): Promise<string> {
  const at = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const document = discovery.parse(await getJson(at))
  if (document.issuer !== issuer)
    throw new Error(`OIDC_ISSUER is ${issuer}, but its discovery document names the issuer ${document.issuer}`)
  return document.jwks_uri
}

async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url, {
    headers: { accept: 'application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(REQUEST_MS),
  })
  if (response.ok) return response.json()
  await response.body?.cancel()
  throw new Error(`${url} answered ${response.status}`)
}
