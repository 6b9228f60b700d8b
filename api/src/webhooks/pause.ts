import type { Identity } from '../access/identity.ts'
import type { Core } from '../kit/core.ts'
import { conflict } from '../kit/errors.ts'
import { publicId } from '../kit/ids.ts'
import { changeWebhook, loadWebhook, type WebhookRow } from './load.ts'

/**
 * Keeps a webhook's deliveries waiting: new ones are still made, none is sent. Pausing a paused one changes nothing.
 * Throws NOT_FOUND; CONFLICT for a disabled one, which gets no deliveries that could wait.
 */
export async function pauseWebhook(core: Core, identity: Identity, id: string): Promise<WebhookRow> {
  const paused = await changeWebhook(core, identity, id, { state: 'PAUSED' }, { state: 'ENABLED' })
  if (paused) return paused
  const webhook = await loadWebhook(core, identity, id)
  if (webhook.state === 'PAUSED') return webhook
  throw conflict(
    `${publicId('whk', id)} is ${webhook.state}, and only an ENABLED webhook can be paused; resume it first`,
  )
}
