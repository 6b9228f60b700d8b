import type { AppContext } from '../../app-context.ts'
import { CHANNELS } from '../../kit/pubsub.ts'
import { afterFailure, afterSuccess, type CircuitView, isLasting } from './circuit-breaker.ts'

/** What one attempt showed of its webhook. */
export interface AttemptSign {
  ok: boolean
  isProbe: boolean
  at: Date
  /** Disable the webhook at once, for this reason (410). */
  disable: string | null
}

/** What the signs changed. */
export interface CircuitChange {
  opened: boolean
  closed: boolean
  /** Why the webhook was disabled just now. */
  disabled: { reason: string; name: string; tenantId: string | null } | null
}

/**
 * Applies what attempts showed to the webhook's circuit, in their order. The row is locked meanwhile: workers that see
 * failures at the same time count them all. Only called when there is something to change; a healthy webhook that succeeds
 * costs nothing here.
 */
export async function updateCircuit(
  core: AppContext,
  webhookId: string,
  signs: readonly AttemptSign[],
): Promise<CircuitChange> {
  const nothing: CircuitChange = { opened: false, closed: false, disabled: null }
  const verdict = await core.db.transaction(async (client): Promise<CircuitChange> => {
    const { rows } = await client.query<Row>(
      `SELECT name, tenant_id, state, circuit, consecutive_failures, failing_since, circuit_probe_at, circuit_openings, circuit_breaker
       FROM webhooks WHERE id = $1 AND deleted_at IS NULL FOR UPDATE`,
      [webhookId],
    )
    const row = rows[0]
    if (!row) return nothing
    let view: CircuitView = {
      circuit: row.circuit,
      consecutiveFailures: row.consecutive_failures,
      failingSince: row.failing_since,
      probeAt: row.circuit_probe_at,
      openings: row.circuit_openings,
    }
    const before = view
    let reason: string | null = null
    for (const sign of signs) {
      view = sign.ok
        ? afterSuccess(view)
        : afterFailure(view, sign.at, { breaker: row.circuit_breaker, isProbe: sign.isProbe })
      reason = sign.disable ?? reason
      if (!sign.ok && reason === null && isLasting(view, sign.at)) reason = 'Nothing but failure for 5 days.'
    }
    const disables = reason !== null && row.state !== 'DISABLED'
    await client.query(
      `UPDATE webhooks SET circuit = $2, consecutive_failures = $3, failing_since = $4, circuit_probe_at = $5, circuit_openings = $6
       WHERE id = $1`,
      [webhookId, view.circuit, view.consecutiveFailures, view.failingSince, view.probeAt, view.openings],
    )
    if (disables) {
      await client.query(
        `UPDATE webhooks SET state = 'DISABLED', disabled_reason = $2, version = version + 1, updated_at = now() WHERE id = $1`,
        [webhookId, reason],
      )
    }
    return {
      opened: before.circuit !== 'OPEN' && view.circuit === 'OPEN',
      closed: before.circuit !== 'CLOSED' && view.circuit === 'CLOSED',
      disabled: disables && reason !== null ? { reason, name: row.name, tenantId: row.tenant_id } : null,
    }
  })
  if (verdict.opened || verdict.closed || verdict.disabled) core.pubsub.publish(CHANNELS.webhooks, webhookId)
  return verdict
}

interface Row {
  name: string
  tenant_id: string | null
  state: string
  circuit: CircuitView['circuit']
  consecutive_failures: number
  failing_since: Date | null
  circuit_probe_at: Date | null
  circuit_openings: number
  circuit_breaker: boolean
}
