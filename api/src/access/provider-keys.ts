import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import { z } from 'zod'
import type { Core } from '../kit/core.ts'
import { AppError } from '../kit/errors.ts'

/** The public keys of an identity provider. */
export interface ProviderKeys {
  /**
   * The key that a token says it is signed with. Rejects with JWKSNoMatchingKey for one that the provider does not have, and
   * with UNAVAILABLE when that cannot be known because the provider is away.
   */
  find: JWTVerifyGetKey
  /** Reads them again, in the background, where that is due. To be called when they were relied on without `find`. */
  freshen(): void
}

const REQUEST_MS = 5_000
/** They are read again in the background after this, so that a key that was withdrawn does not serve for ever. */
const MAX_AGE_MS = 600_000
/** A key that is not known may be new. Anybody can name one, so the provider is not asked more often than this. */
const COOLDOWN_MS = 10_000
const RETRY_MS = 2_000
const TELL_EVERY_MS = 60_000

/**
 * Reads them when the first token comes, and again when one names a key that is not among them: a rotation is noticed by its
 * first token. While the provider is away the keys that were read go on serving. `changed` is called when some are gone.
 */
export function createProviderKeys(
  { issuer, jwksUri }: { issuer: string; jwksUri: string | undefined },
  { clock, log }: Pick<Core, 'clock' | 'log'>,
  changed: () => void,
): ProviderKeys {
  let keys: { find: JWTVerifyGetKey; ids: ReadonlySet<string>; readAt: number } | null = null
  let loading: Promise<void> | null = null
  let triedAt = Number.NEGATIVE_INFINITY
  let failed = false
  let toldAt = Number.NEGATIVE_INFINITY

  const load = async () => {
    triedAt = clock()
    try {
      const set = keySet.parse(await getJson(jwksUri ?? (await discover(issuer))))
      // jose checks each key when it is used; what else a set has in it is no reason to do without the others.
      const find = createLocalJWKSet(set as JSONWebKeySet)
      const ids = new Set(set.keys.map((key) => JSON.stringify(key)))
      if (keys && [...keys.ids].some((id) => !ids.has(id))) changed()
      keys = { find, ids, readAt: clock() }
      failed = false
    } catch (error) {
      failed = true
      if (clock() - toldAt < TELL_EVERY_MS) return
      toldAt = clock()
      log.warn({ err: error, issuer }, 'the keys of the identity provider could not be read')
    }
  }
  const reload = () => {
    loading ??= load().finally(() => {
      loading = null
    })
    return loading
  }
  const mayAsk = () => clock() - triedAt >= (failed ? RETRY_MS : COOLDOWN_MS)

  const freshen = () => {
    if (keys && clock() - keys.readAt > MAX_AGE_MS && mayAsk()) void reload()
  }

  return {
    freshen,
    async find(header, token) {
      freshen()
      try {
        if (keys) return await keys.find(header, token)
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      }
      if (loading || mayAsk()) await reload()
      if (!keys || failed) throw new AppError('UNAVAILABLE', 'the identity provider is away for the moment; try again')
      return keys.find(header, token)
    },
  }
}

const keySet = z.object({ keys: z.array(z.object({ kty: z.string() }).loose()) })

const discovery = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) })

/** OpenID Connect Discovery 1.0, section 4: the document has to name the issuer that was asked for (4.3). */
async function discover(issuer: string): Promise<string> {
  const at = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const found = discovery.parse(await getJson(at))
  if (found.issuer !== issuer)
    throw new Error(`OIDC_ISSUER is ${issuer}, and what is found there says that the issuer is ${found.issuer}`)
  return found.jwks_uri
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
