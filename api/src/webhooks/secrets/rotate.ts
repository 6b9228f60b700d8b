import type { AppContext } from '../../app-context.ts'
import type { Caller } from '../../audit/entry.ts'
import { badInput, conflict } from '../../kit/errors.ts'
import { publicId } from '../../kit/ids.ts'
import { changeWebhook, loadWebhook, type WebhookRow } from '../load.ts'
import { generateSecret } from '../send/sign.ts'
import { parsePreviousSecrets, previousSecretsJson, stillValid } from './previous-secrets.ts'
import { webhookSeals } from './secrets.ts'

export const DEFAULT_GRACE_SECONDS = 86_400
const MAX_GRACE_SECONDS = 604_800

/** Maximum number of previous secrets. Each one makes the signature header longer. */
const MAX_PREVIOUS_SECRETS = 5

/**
 * Gives a webhook a new secret. The old secret is used in addition until its grace period ends (0: now), so that
 * receivers can switch. Secrets of earlier rotations are used until their own grace periods end. Throws NOT_FOUND,
 * BAD_USER_INPUT for graceSeconds, and CONFLICT for two rotations at the same time or too many secrets in their grace
 * period.
 */
export async function rotateWebhookSecret(
  core: AppContext,
  caller: Caller,
  id: string,
  graceSeconds: number = DEFAULT_GRACE_SECONDS,
): Promise<{ webhook: WebhookRow; secret: string; previousValidUntil: Date }> {
  if (!(Number.isInteger(graceSeconds) && graceSeconds >= 0 && graceSeconds <= MAX_GRACE_SECONDS)) {
    throw badInput('graceSeconds', `is ${graceSeconds}; expected 0 to ${MAX_GRACE_SECONDS} (7 days)`)
  }
  const before = await loadWebhook(core, caller.identity, id)
  const seals = webhookSeals(core)
  const secret = generateSecret()
  const previousValidUntil = new Date(core.clock() + graceSeconds * 1_000)
  const webhook = await changeWebhook(core, caller, id, 'webhook.rotateSecret', ({ secretSealed, previousSecrets }) => {
    if (!seals.isSameSecret(id, before.secretSealed, secretSealed)) {
      throw conflict(
        `the secret of ${publicId('whk', id)} was rotated by another request at the same time; this rotation was not carried out`,
      )
    }
    const earlier = stillValid(parsePreviousSecrets(previousSecrets), core.clock())
    const replaced = graceSeconds > 0 ? [{ sealed: secretSealed, expiresAt: previousValidUntil }] : []
    if (replaced.length + earlier.length > MAX_PREVIOUS_SECRETS) {
      const firstToEnd = new Date(Math.min(...earlier.map(({ expiresAt }) => expiresAt.getTime())))
      throw conflict(
        `${earlier.length} earlier secrets of ${publicId('whk', id)} still sign, the first of them until ${firstToEnd.toISOString()}; rotate after that, or with graceSeconds: 0`,
      )
    }
    return {
      secretSealed: seals.sealSecret(id, secret),
      previousSecrets: previousSecretsJson([...replaced, ...earlier]),
    }
  })
  return { webhook, secret, previousValidUntil }
}
