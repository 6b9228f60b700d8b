import type { AppContext } from '../app-context.ts'
import type { Caller } from '../audit/entry.ts'
import { conflict } from '../kit/errors.ts'
import { publicId } from '../kit/ids.ts'
import { changeWebhook, type WebhookRow } from './load.ts'

/**
 * Keeps a webhook's deliveries waiting: new ones are still made, none is sent. Pausing a paused one changes nothing.
 * Throws NOT_FOUND; CONFLICT for a disabled one, which gets no deliveries that could wait.
 */
export async function pauseWebhook(core: AppContext, caller: Caller, id: string): Promise<WebhookRow> {
  return changeWebhook(core, caller, id, 'webhook.pause', ({ state }) => {
    if (state === 'DISABLED') {
      throw conflict(`${publicId('whk', id)} is ${state}, and only an ENABLED webhook can be paused; resume it first`)
    }
    return state === 'PAUSED' ? null : { state: 'PAUSED' }
  })
}
