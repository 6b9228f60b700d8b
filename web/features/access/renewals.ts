import { oidcSettings } from '@/lib/oidc-settings.ts'
import { refusalOf, renew } from './oidc.ts'
import { type OidcSession, type Session, sealSession } from './session.ts'

/** What a session proves itself with to the API, and what the browser is to keep from now on where that is new. */
export type Access = { token: string; renewed: string | null } | { problem: 'ended' | 'away' }

/** How long a browser may still come with what was renewed: requests under way, answers that got lost, other tabs. */
const REMEMBER_MS = 300_000
/** How soon a provider that did not answer is asked again for the same session. */
const RETRY_MS = 2_000
const MAX_REMEMBERED = 2_000

type ProviderSession = Extract<Session, { kind: 'oidc' }>
type Outcome = { sealed: string; tokens: OidcSession } | 'refused' | 'away'

interface Renewals {
  /** What became of a session, the sealed one being the key: a refresh token that is rotated works once. */
  outcomes: Map<string, { outcome: Promise<Outcome>; until: number }>
  /** Sessions that were signed out, by id: an answer under way must not bring one back. */
  ended: Map<string, number>
}

/** One for the process: Next.js may load a module once for each route. */
const shared: Record<symbol, Renewals | undefined> = globalThis
const KEY = Symbol.for('aetherlink.renewals')
const renewals = (): Renewals => {
  shared[KEY] ??= { outcomes: new Map(), ended: new Map() }
  return shared[KEY]
}

/**
 * The access token of a session, renewed when its end is near. Requests that come with the same session share one renewal,
 * those too that come with it afterwards. While the provider is away, a token serves to its end.
 */
export const accessOf = async (session: Session, now = Date.now()): Promise<Access> =>
  session.kind === 'token' ? { token: session.token, renewed: null } : follow(session, now, false)

/** Another access token, where the API refused this one before its end: its clock may be ahead, or the provider's keys gone. */
export const accessAfterRefusal = async (session: Session, now = Date.now()): Promise<Access | null> =>
  session.kind === 'token' || !session.tokens.refreshToken ? null : follow(session, now, true)

/** `refused`: the token that the session has is of no use, whatever its time. */
async function follow(session: ProviderSession, now: number, refused: boolean): Promise<Access> {
  let current = { sealed: session.sealed, tokens: session.tokens }
  // What a browser comes with may have been renewed more than once since.
  for (;;) {
    const { tokens, sealed } = current
    if (renewals().ended.has(tokens.id)) return { problem: 'ended' }
    const renewed = sealed === session.sealed ? null : sealed
    const useless = refused && sealed === session.sealed
    if (!useless && tokens.renewAt > now) return { token: tokens.accessToken, renewed }
    const valid = !useless && tokens.expiresAt > now
    if (!tokens.refreshToken) return valid ? { token: tokens.accessToken, renewed } : { problem: 'ended' }
    const known = knownOutcome(sealed, now)
    const outcome = await (known ?? begin(current, now))
    if (outcome === 'refused' || renewals().ended.has(tokens.id)) return { problem: 'ended' }
    if (outcome === 'away') return valid ? { token: tokens.accessToken, renewed } : { problem: 'away' }
    if (!known) return { token: outcome.tokens.accessToken, renewed: outcome.sealed }
    current = outcome
  }
}

function knownOutcome(sealed: string, now: number): Promise<Outcome> | undefined {
  const found = renewals().outcomes.get(sealed)
  return found && found.until > now ? found.outcome : undefined
}

function begin(session: { sealed: string; tokens: OidcSession }, now: number): Promise<Outcome> {
  forget(now)
  const entry = { outcome: attempt(session.tokens), until: now + REMEMBER_MS }
  // As the newest, so that those to be forgotten come first.
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
 * Signs a session out: it serves nobody any more, however it was kept or renewed. Here that is known for as long as its access
 * token serves; beyond that it is for the provider, which is to be told of the tokens that this resolves to: the newest ones.
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
