import type { AppContext } from '../app-context.ts'
import type { Caller } from '../audit/entry.ts'
import { changeWebhook, type WebhookRow } from './load.ts'

/**
 * Lets a webhook's deliveries go again, from PAUSED and from DISABLED, with a closed circuit and nothing held against it:
 * whoever resumes it says that the receiver is back. What has waited drains by itself. Throws NOT_FOUND.
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
