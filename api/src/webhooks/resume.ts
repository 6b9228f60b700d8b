import type { AppContext } from '../app-context.ts'
import type { Caller } from '../audit/entry.ts'
import { changeWebhook, type WebhookRow } from './load.ts'

/**
 * Resumes a paused or disabled webhook. Its circuit is closed and its failures are reset, because the caller states
 * that the receiver is back. Deliveries that were held are then sent. Throws NOT_FOUND.
 */
export async function resumeWebhook(core: AppContext, caller: Caller, id: string): Promise<WebhookRow> {
  return changeWebhook(core, caller, id, 'webhook.resume', () => ({
    state: 'ENABLED',
    disabledReason: null,
    circuit: 'CLOSED',
    consecutiveFailures: 0,
    failingSince: null,
    circuitProbeAt: null,
    circuitOpenings: 0,
  }))
}
