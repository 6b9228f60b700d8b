import type { AppContext } from '../../app-context.ts'
import type { PublishInTransaction, SystemEvent } from '../../events/publish/publish-in-transaction.ts'
import { publicId } from '../../kit/ids.ts'
import { CHANNELS } from '../../kit/pubsub.ts'
import { afterFailure, afterSuccess, type CircuitView, isLasting } from './circuit-breaker.ts'

/** The result of an attempt, as far as the webhook is concerned. */
export interface AttemptSignal {
  ok: boolean
  isProbe: boolean
  /** Why the webhook must be disabled at once (410); null if it must not. */
  disable: string | null
}

/** The changes of a webhook by a batch of signals. */
export interface CircuitChange {
  opened: boolean
  closed: boolean
  disabled: boolean
}

const NO_CHANGE: CircuitChange = { opened: false, closed: false, disabled: false }

/**
 * Stores the circuits of all webhooks. For each webhook only one transaction runs at a time; signals that arrive in the
 * meantime are applied together by the next transaction.
 */
export class CircuitStore {
  private readonly core: AppContext
  private readonly publishInTransaction: PublishInTransaction
  private readonly onChange: (webhookId: string, change: CircuitChange) => void
  private readonly waiting = new Map<string, AttemptSignal[]>()
  private readonly applying = new Map<string, Promise<void>>()

  constructor(
    core: AppContext,
    publishInTransaction: PublishInTransaction,
    onChange: (webhookId: string, change: CircuitChange) => void,
  ) {
    this.core = core
    this.publishInTransaction = publishInTransaction
    this.onChange = onChange
  }

  /**
   * Resolves when the signal has been applied. Rejects if that fails; later signals of the webhook are still applied.
   */
  apply(webhookId: string, signal: AttemptSignal): Promise<void> {
    const list = this.waiting.get(webhookId)
    if (list) list.push(signal)
    else this.waiting.set(webhookId, [signal])
    let running = this.applying.get(webhookId)
    if (!running) {
      running = this.applyWaiting(webhookId).finally(() => this.applying.delete(webhookId))
      this.applying.set(webhookId, running)
    }
    return running
  }

  /** Whether signals of this webhook are being applied now. */
  isBusy(webhookId: string): boolean {
    return this.applying.has(webhookId)
  }

  private async applyWaiting(webhookId: string): Promise<void> {
    for (let list = this.waiting.get(webhookId); list; list = this.waiting.get(webhookId)) {
      this.waiting.delete(webhookId)
      this.onChange(webhookId, await this.update(webhookId, list))
    }
  }

  private async update(webhookId: string, signals: readonly AttemptSignal[]): Promise<CircuitChange> {
    const change = await updateCircuit(this.publishInTransaction, webhookId, signals)
    if (change.opened || change.closed || change.disabled) void this.core.pubsub.publish(CHANNELS.webhooks, webhookId)
    return change
  }
}

/**
 * Applies signals to the webhook's circuit, in their order. If this disables the webhook, the event about it is stored
 * in the same transaction. The row stays locked until the commit, so that failures that several workers record at the
 * same time are all counted. Not called if a healthy webhook succeeds, so a success costs nothing here.
 */
function updateCircuit(
  publishInTransaction: PublishInTransaction,
  webhookId: string,
  signals: readonly AttemptSignal[],
): Promise<CircuitChange> {
  return publishInTransaction('aetherlink', async (client, publish): Promise<CircuitChange> => {
    const { rows } = await client.query<Row>({
      name: 'circuit_lock',
      text: `SELECT name, tenant_id, state, circuit, consecutive_failures, failing_since, failing_days, last_failure_at, circuit_probe_at,
         circuit_openings, circuit_breaker, db_now() AS now
       FROM webhooks WHERE id = $1 AND deleted_at IS NULL FOR UPDATE`,
      values: [webhookId],
    })
    const row = rows[0]
    if (!row) return NO_CHANGE
    let view: CircuitView = {
      circuit: row.circuit,
      consecutiveFailures: row.consecutive_failures,
      failingSince: row.failing_since,
      failingDays: row.failing_days,
      lastFailureAt: row.last_failure_at,
      probeAt: row.circuit_probe_at,
      openings: row.circuit_openings,
    }
    const before = view
    let reason: string | null = null
    for (const signal of signals) {
      view = signal.ok
        ? afterSuccess(view)
        : afterFailure(view, row.now, { breaker: row.circuit_breaker, isProbe: signal.isProbe })
      reason = signal.disable ?? reason
      if (!signal.ok && reason === null && isLasting(view, row.now)) reason = 'All attempts failed for 5 days.'
    }
    const disabledReason = row.state === 'DISABLED' ? null : reason
    await client.query({
      name: 'circuit_save',
      text: `UPDATE webhooks SET circuit = $2, consecutive_failures = $3, failing_since = $4, failing_days = $5, last_failure_at = $6,
         circuit_probe_at = $7, circuit_openings = $8
       WHERE id = $1`,
      values: [
        webhookId,
        view.circuit,
        view.consecutiveFailures,
        view.failingSince,
        view.failingDays,
        view.lastFailureAt,
        view.probeAt,
        view.openings,
      ],
    })
    if (disabledReason !== null) {
      // Published before the update. The update of the state increments the fan-out epoch, and the event, whose fan-out
      // is already computed, would be refused as stale.
      await publish([disabledEvent(webhookId, row, disabledReason)])
      await client.query(
        `UPDATE webhooks SET state = 'DISABLED', disabled_reason = $2, version = version + 1, updated_at = now() WHERE id = $1`,
        [webhookId, disabledReason],
      )
    }
    return {
      opened: before.circuit !== 'OPEN' && view.circuit === 'OPEN',
      closed: before.circuit !== 'CLOSED' && view.circuit === 'CLOSED',
      disabled: disabledReason !== null,
    }
  })
}

const disabledEvent = (id: string, { name, tenant_id }: Row, reason: string): SystemEvent => ({
  type: 'webhook.disabled',
  source: 'aetherlink',
  severity: 'ERROR',
  subject: publicId('whk', id),
  tenantId: tenant_id,
  payload: { webhookId: publicId('whk', id), name, reason },
  route: null,
})

interface Row {
  name: string
  tenant_id: string | null
  state: string
  circuit: CircuitView['circuit']
  consecutive_failures: number
  failing_since: Date | null
  failing_days: number
  last_failure_at: Date | null
  circuit_probe_at: Date | null
  circuit_openings: number
  circuit_breaker: boolean
  now: Date
}
