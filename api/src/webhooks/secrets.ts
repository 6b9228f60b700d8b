import type { Env } from '../env.ts'
import { holdsSame, open, reseal, type SealKeys, seal, sealKey } from '../kit/seal.ts'

/** What a webhook keeps sealed: its signing secrets and its custom headers, each bound to its row and its purpose. */
export interface WebhookSeals {
  sealSecret(webhookId: string, secret: string): string
  openSecret(webhookId: string, sealed: string): string
  sealHeaders(webhookId: string, headers: Record<string, string>): string
  openHeaders(webhookId: string, sealed: string | null): Record<string, string>
  /** Sealed anew with SECRET_KEY; the text as it is where that opens it. */
  resealSecret(webhookId: string, sealed: string): string
  resealHeaders(webhookId: string, sealed: string): string
  /** Whether it is the same that was there, which a worker may have resealed meanwhile. */
  isSameSecret(webhookId: string, before: string, now: string): boolean
  areSameHeaders(webhookId: string, before: string | null, now: string | null): boolean
}

/** Former keys open; whoever only seals can do without them. */
export type SealSettings = Pick<Env, 'SECRET_KEY'> & Partial<Pick<Env, 'SECRET_KEY_PREVIOUS'>>

const made = new WeakMap<object, WebhookSeals>()

/** The seals of this process; deriving the keys is done once. Opening throws SealError when none of them is the one. */
export function webhookSeals(core: { env: SealSettings }): WebhookSeals {
  const known = made.get(core)
  if (known) return known
  const { SECRET_KEY, SECRET_KEY_PREVIOUS = [] } = core.env
  const keys: SealKeys = [sealKey(SECRET_KEY), ...SECRET_KEY_PREVIOUS.map(sealKey)]
  const secretOf = (id: string) => `webhook-secret:${id}`
  const headersOf = (id: string) => `webhook-headers:${id}`
  const seals: WebhookSeals = {
    sealSecret: (id, secret) => seal(keys[0], secret, secretOf(id)),
    openSecret: (id, sealed) => open(keys, sealed, secretOf(id)),
    sealHeaders: (id, headers) => seal(keys[0], JSON.stringify(headers), headersOf(id)),
    openHeaders: (id, sealed) =>
      sealed === null ? {} : (JSON.parse(open(keys, sealed, headersOf(id))) as Record<string, string>),
    resealSecret: (id, sealed) => reseal(keys, sealed, secretOf(id)),
    resealHeaders: (id, sealed) => reseal(keys, sealed, headersOf(id)),
    isSameSecret: (id, before, now) => holdsSame(keys, before, now, secretOf(id)),
    areSameHeaders: (id, before, now) =>
      before === null || now === null ? before === now : holdsSame(keys, before, now, headersOf(id)),
  }
  made.set(core, seals)
  return seals
}
