import type { AppContext } from '../app-context.ts'
import type { Caller } from '../audit/entry.ts'
import { conflict } from '../kit/errors.ts'
import { publicId } from '../kit/ids.ts'
import { changeWebhook, type WebhookRow } from './load.ts'

/**
 * Pauses a webhook: deliveries are still created, but not sent. If it is paused already, nothing changes. Throws
 * NOT_FOUND. Throws CONFLICT for a disabled webhook, because no deliveries are created for it that could wait.
 */
export async function pauseWebhook(core: AppContext, caller: Caller, id: string): Promise<WebhookRow> {
  return changeWebhook(core, caller, id, 'webhook.pause', ({ state }) => {
    if (state === 'DISABLED') {
      throw conflict(`${publicId('whk', id)} is ${state}, and only an ENABLED webhook can be paused; resume it first`)
    }
    return state === 'PAUSED' ? null : { state: 'PAUSED' }
  })
}
