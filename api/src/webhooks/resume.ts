import type { Identity } from '../access/identity.ts'
import type { Core } from '../kit/core.ts'
import { changeWebhook, loadWebhook, type WebhookRow } from './load.ts'

/**
 * Lets a webhook's deliveries go again, from PAUSED and from DISABLED, with a closed circuit and nothing held against it:
 * whoever resumes it says that the receiver is back. What has waited drains by itself. Throws NOT_FOUND.
 */
export async function resumeWebhook(core: Core, identity: Identity, id: string): Promise<WebhookRow> {
  const resumed = await changeWebhook(core, identity, id, {
    state: 'ENABLED',
    disabledReason: null,
    circuit: 'CLOSED',
    consecutiveFailures: 0,
    failingSince: null,
    circuitProbeAt: null,
    circuitOpenings: 0,
  })
  return resumed ?? loadWebhook(core, identity, id)
}
