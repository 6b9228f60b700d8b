import type { AppContext } from '../app-context.ts'
import type { Caller } from '../audit/entry.ts'
import { badInput, conflict } from '../kit/errors.ts'
import { publicId } from '../kit/ids.ts'
import { changeWebhook, loadWebhook, type WebhookRow } from './load.ts'
import { webhookSeals } from './secrets.ts'
import { generateSecret } from './sign.ts'

export const DEFAULT_GRACE_SECONDS = 86_400
const MAX_GRACE_SECONDS = 604_800

/**
 * Gives a webhook a new secret. The one before signs too until its grace ends (0: not at all), so that receivers can change
 * over in between; one that was still in the grace of an earlier rotation ends now.
 * Throws NOT_FOUND, BAD_USER_INPUT at graceSeconds, CONFLICT when two rotate at the same time.
 */
export async function rotateWebhookSecret(
  core: AppContext,
  caller: Caller,
  id: string,
  graceSeconds: number = DEFAULT_GRACE_SECONDS,
): Promise<{ webhook: WebhookRow; secret: string; previousValidUntil: Date }> {
  if (!(Number.isInteger(graceSeconds) && graceSeconds >= 0 && graceSeconds <= MAX_GRACE_SECONDS)) {
    throw badInput('graceSeconds', `is ${graceSeconds}; takes 0 to ${MAX_GRACE_SECONDS} (7 days)`)
  }
  const before = await loadWebhook(core, caller.identity, id)
  const seals = webhookSeals(core)
  const secret = generateSecret()
  const previousValidUntil = new Date(core.clock() + graceSeconds * 1_000)
  const webhook = await changeWebhook(core, caller, id, 'webhook.rotateSecret', ({ secretSealed }) => {
    if (!seals.isSameSecret(id, before.secretSealed, secretSealed)) {
      throw conflict(
        `the secret of ${publicId('whk', id)} was rotated by somebody else meanwhile; this rotation was not carried out`,
      )
    }
    return {
      secretSealed: seals.sealSecret(id, secret),
      previousSecretSealed: graceSeconds > 0 ? secretSealed : null,
      previousSecretExpiresAt: graceSeconds > 0 ? previousValidUntil : null,
    }
  })
  return { webhook, secret, previousValidUntil }
}
