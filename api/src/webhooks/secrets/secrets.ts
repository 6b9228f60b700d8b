import type { Env } from '../../env.ts'
import { holdsSame, open, reseal, type SealKeys, seal, sealKey } from '../../kit/seal.ts'

/** Seals and opens a webhook's signing secrets and custom headers, each bound to its row and purpose. */
export interface WebhookSeals {
  sealSecret(webhookId: string, secret: string): string
  openSecret(webhookId: string, sealed: string): string
  sealHeaders(webhookId: string, headers: Record<string, string>): string
  openHeaders(webhookId: string, sealed: string | null): Record<string, string>
  /** Reseals with SECRET_KEY; returns the same text if SECRET_KEY opens it already. */
  resealSecret(webhookId: string, sealed: string): string
  resealHeaders(webhookId: string, sealed: string): string
  /** Whether two sealed texts hold the same secret: a worker may have resealed it meanwhile. */
  isSameSecret(webhookId: string, before: string, now: string): boolean
  areSameHeaders(webhookId: string, before: string | null, now: string | null): boolean
}

/** Previous keys only open; code that only seals needs none. */
export type SealSettings = Pick<Env, 'SECRET_KEY'> & Partial<Pick<Env, 'SECRET_KEY_PREVIOUS'>>

const sealsByCore = new WeakMap<object, WebhookSeals>()

/** The seals of this process; keys are derived once. Opening throws SealError when no key fits. */
export function webhookSeals(core: { env: SealSettings }): WebhookSeals {
  const cached = sealsByCore.get(core)
  if (cached) return cached
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
  sealsByCore.set(core, seals)
  return seals
}
