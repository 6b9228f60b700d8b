import type { Env } from '../../env.ts'
import { holdsSame, open, reseal, type SealKeys, seal, sealKey } from '../../kit/seal.ts'

/**
 * Encrypts and decrypts a webhook's signing secrets and custom headers. An encrypted text can be decrypted only for the
 * same webhook and purpose.
 */
export interface WebhookSeals {
  sealSecret(webhookId: string, secret: string): string
  openSecret(webhookId: string, sealed: string): string
  sealHeaders(webhookId: string, headers: Record<string, string>): string
  openHeaders(webhookId: string, sealed: string | null): Record<string, string>
  /** Encrypts a text again with SECRET_KEY. Returns the same text if it is encrypted with that key already. */
  resealSecret(webhookId: string, sealed: string): string
  resealHeaders(webhookId: string, sealed: string): string
  /**
   * Whether two encrypted texts contain the same secret. The texts may differ because a worker has encrypted one of
   * them again.
   */
  isSameSecret(webhookId: string, before: string, now: string): boolean
  areSameHeaders(webhookId: string, before: string | null, now: string | null): boolean
}

/** Previous keys are only used to decrypt, so code that only encrypts does not need them. */
export type SealSettings = Pick<Env, 'SECRET_KEY'> & Partial<Pick<Env, 'SECRET_KEY_PREVIOUS'>>

const sealsByCore = new WeakMap<object, WebhookSeals>()

/** The encryption of this process. Its keys are derived only once. Decrypting throws SealError if no key fits. */
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
