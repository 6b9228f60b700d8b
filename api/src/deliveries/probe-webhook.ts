import type { DeliveryAttempt } from '../../../prisma/generated/client/client.ts'
import type { AppContext } from '../app-context.ts'
import type { Caller } from '../audit/entry.ts'
import { auditedSql } from '../audit/record.ts'
import { AppError, conflict } from '../kit/errors.ts'
import { publicId } from '../kit/ids.ts'
import { CHANNELS } from '../kit/pubsub.ts'
import { loadWebhook } from '../webhooks/load.ts'

const POLL_MS = 100
/**
 * How long to wait for the attempt, in addition to the request timeout and SWEEP_INTERVAL_MS. Workers look for probes
 * and due deliveries once per SWEEP_INTERVAL_MS.
 */
const HANDOVER_MS = 5_000

interface Waiting {
  id: string
  attempt_count: number
}

/**
 * Makes a worker send the next waiting delivery of a webhook now, even if the circuit is open, and returns the attempt.
 * If the circuit is open, the attempt is a probe: a success closes the circuit, and a failure uses no attempt. Throws
 * NOT_FOUND; CONFLICT if the webhook is paused or disabled, if a probe is in progress, or if no delivery waits;
 * UNAVAILABLE if no worker has sent the delivery in time (it is still sent later).
 */
export async function probeWebhook(core: AppContext, caller: Caller, id: string): Promise<DeliveryAttempt> {
  const { timeoutMs } = await loadWebhook(core, caller.identity, id)
  const shown = publicId('whk', id)
  const waiting = await auditedSql(core, caller, 'webhook.probe', async (client) => {
    const { rows } = await client.query<{ state: string; circuit: string; tenant_id: string | null }>(
      'SELECT state, circuit, tenant_id FROM webhooks WHERE id = $1 FOR NO KEY UPDATE',
      [id],
    )
    const webhook = rows[0]!
    if (webhook.state !== 'ENABLED')
      throw conflict(`${shown} is ${webhook.state}; resume it first, or use testWebhook to check its receiver`)
    if (webhook.circuit === 'HALF_OPEN') throw conflict(`a probe of ${shown} is in progress`)
    const candidates = await client.query<Waiting>(
      `SELECT id, attempt_count FROM deliveries WHERE webhook_id = $1 AND status IN ('PENDING', 'FAILED')
         AND (lease_until IS NULL OR lease_until < clock_timestamp()) ORDER BY next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED`,
      [id],
    )
    const next = candidates.rows[0]
    if (!next) throw conflict(`no delivery waits for ${shown}; testWebhook sends a test`)
    await client.query(
      `UPDATE deliveries SET next_attempt_at = least(next_attempt_at, clock_timestamp()),
         wake_at = CASE WHEN $2 THEN clock_timestamp() ELSE wake_at END WHERE id = $1`,
      [next.id, webhook.circuit === 'CLOSED'],
    )
    await client.query(`UPDATE webhooks SET circuit_probe_at = clock_timestamp() WHERE id = $1 AND circuit = 'OPEN'`, [
      id,
    ])
    return {
      result: next,
      target: { type: 'webhook', id: shown },
      tenantId: webhook.tenant_id,
      after: { deliveryId: publicId('dlv', next.id), circuit: webhook.circuit },
    }
  })
  core.pubsub.publish(CHANNELS.webhooks, id)
  return attemptOf(core, waiting, timeoutMs + core.env.SWEEP_INTERVAL_MS + HANDOVER_MS)
}

/** Waits until the next attempt of a delivery is recorded. */
async function attemptOf(core: AppContext, { id, attempt_count }: Waiting, limitMs: number): Promise<DeliveryAttempt> {
  for (const deadline = Date.now() + limitMs; Date.now() < deadline; ) {
    const attempt = await core.db.prisma.deliveryAttempt.findFirst({
      where: { deliveryId: id, number: attempt_count + 1 },
    })
    if (attempt) return attempt
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
  throw new AppError(
    'UNAVAILABLE',
    `no worker has sent ${publicId('dlv', id)} within ${Math.round(limitMs / 1_000)} s; it is sent as soon as one is free`,
  )
}
