import { oidcSettings } from '@/lib/server/oidc-settings.ts'
import { type OidcSession, type Session, sealSession } from './session.ts'
import { refusalOf, renew } from './sign-in/oidc.ts'

/**
 * The access token of a session for the API. `renewed` is the renewed session to store in the browser; null if it was
 * not renewed.
 */
export type Access = { token: string; renewed: string | null } | { problem: 'ended' | 'away' }

/**
 * How long a browser may still send the old session after a renewal, because of running requests, lost responses or
 * other tabs.
 */
const REMEMBER_MS = 300_000
/** Pause before the next request to an unresponsive provider for the same session. */
const RETRY_MS = 2_000
const MAX_REMEMBERED = 2_000

type ProviderSession = Extract<Session, { kind: 'oidc' }>
type Outcome = { sealed: string; tokens: OidcSession } | 'refused' | 'away'

interface Renewals {
  /** Outcome of each renewal by sealed session. It is kept because a rotated refresh token can be used only once. */
  outcomes: Map<string, { outcome: Promise<Outcome>; until: number }>
  /** Ids of signed-out sessions, so that a renewal in progress does not revive a signed-out session. */
  ended: Map<string, number>
}

/** One instance per process: Next.js may load a module once per route. */
const shared: Record<symbol, Renewals | undefined> = globalThis
const KEY = Symbol.for('aetherlink.renewals')
const renewals = (): Renewals => {
  shared[KEY] ??= { outcomes: new Map(), ended: new Map() }
  return shared[KEY]
}

/**
 * The access token of a session, renewed shortly before it expires. Concurrent and later requests with the same
 * session share one renewal. While the provider is unavailable, the token is used until it expires.
 */
export const accessOf = async (session: Session, now = Date.now()): Promise<Access> =>
  session.kind === 'token' ? { token: session.token, renewed: null } : follow(session, now, false)

/**
 * A new access token after the API refused the current one early, for example because of clock differences or rotated
 * provider keys.
 */
export const accessAfterRefusal = async (session: Session, now = Date.now()): Promise<Access | null> =>
  session.kind === 'token' || !session.tokens.refreshToken ? null : follow(session, now, true)

/** `refused`: the session's token is unusable, even if it has not expired. */
async function follow(session: ProviderSession, now: number, refused: boolean): Promise<Access> {
  let current = { sealed: session.sealed, tokens: session.tokens }
  // The browser may send an old session, which has been renewed several times since.
  for (;;) {
    const { tokens, sealed } = current
    if (renewals().ended.has(tokens.id)) return { problem: 'ended' }
    const renewed = sealed === session.sealed ? null : sealed
    const useless = refused && sealed === session.sealed
    if (!useless && tokens.renewAt > now) return { token: tokens.accessToken, renewed }
    const valid = !useless && tokens.expiresAt > now
    if (!tokens.refreshToken) return valid ? { token: tokens.accessToken, renewed } : { problem: 'ended' }
    const pending = knownOutcome(sealed, now)
    const outcome = await (pending ?? begin(current, now))
    if (outcome === 'refused' || renewals().ended.has(tokens.id)) return { problem: 'ended' }
    if (outcome === 'away') return valid ? { token: tokens.accessToken, renewed } : { problem: 'away' }
    if (!pending) return { token: outcome.tokens.accessToken, renewed: outcome.sealed }
    current = outcome
  }
}

function knownOutcome(sealed: string, now: number): Promise<Outcome> | undefined {
  const entry = renewals().outcomes.get(sealed)
  return entry && entry.until > now ? entry.outcome : undefined
}

function begin(session: { sealed: string; tokens: OidcSession }, now: number): Promise<Outcome> {
  forget(now)
  const entry = { outcome: attempt(session.tokens), until: now + REMEMBER_MS }
  // Moved to the end, so that the oldest entries are evicted first.
  renewals().outcomes.delete(session.sealed)
  renewals().outcomes.set(session.sealed, entry)
  void entry.outcome.then((outcome) => {
    if (outcome === 'away') entry.until = Date.now() + RETRY_MS
  })
  return entry.outcome
}

async function attempt(tokens: OidcSession): Promise<Outcome> {
  const settings = oidcSettings()
  if (!settings) return 'refused'
  try {
    const renewed = await renew(settings, tokens)
    return { sealed: sealSession(renewed), tokens: renewed }
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal === 'away') console.error('The identity provider did not renew a session', error)
    return refusal
  }
}

/**
 * Signs a session out, including its renewals. This process remembers the sign-out until the access token expires.
 * After that, only the provider can end the session: the caller must revoke the returned tokens, which are the newest
 * ones.
 */
export async function endRenewals({ sealed, tokens }: ProviderSession, now = Date.now()): Promise<OidcSession> {
  forget(now)
  renewals().ended.set(tokens.id, Math.max(tokens.expiresAt, now) + REMEMBER_MS)
  for (let newest = { sealed, tokens }; ; ) {
    const outcome = await renewals().outcomes.get(newest.sealed)?.outcome
    if (typeof outcome !== 'object') return newest.tokens
    newest = outcome
  }
}

function forget(now: number): void {
  const { outcomes, ended } = renewals()
  for (const [key, { until }] of outcomes) {
    if (until > now && outcomes.size <= MAX_REMEMBERED) break
    outcomes.delete(key)
  }
  for (const [id, until] of ended) {
    if (until > now && ended.size <= MAX_REMEMBERED) break
    ended.delete(id)
  }
}
