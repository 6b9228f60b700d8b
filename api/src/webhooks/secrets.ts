import type { Env } from '../env.ts'
import { open, seal, sealKey } from '../kit/seal.ts'

/** What a webhook keeps sealed: its signing secrets and its custom headers, each bound to its row and its purpose. */
export interface WebhookSeals {
  sealSecret(webhookId: string, secret: string): string
  openSecret(webhookId: string, sealed: string): string
  sealHeaders(webhookId: string, headers: Record<string, string>): string
  openHeaders(webhookId: string, sealed: string | null): Record<string, string>
}

const made = new WeakMap<object, WebhookSeals>()

/** The seals of this process; deriving the key is done once. Opening throws SealError when SECRET_KEY is another one. */
export function webhookSeals(core: { env: Pick<Env, 'SECRET_KEY'> }): WebhookSeals {
  const known = made.get(core)
  if (known) return known
  const key = sealKey(core.env.SECRET_KEY)
  const seals: WebhookSeals = {
    sealSecret: (id, secret) => seal(key, secret, `webhook-secret:${id}`),
    openSecret: (id, sealed) => open(key, sealed, `webhook-secret:${id}`),
    sealHeaders: (id, headers) => seal(key, JSON.stringify(headers), `webhook-headers:${id}`),
    openHeaders: (id, sealed) =>
      sealed === null ? {} : (JSON.parse(open(key, sealed, `webhook-headers:${id}`)) as Record<string, string>),
  }
  made.set(core, seals)
  return seals
}
