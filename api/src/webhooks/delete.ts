import type { AppContext } from '../app-context.ts'
import type { Caller } from '../audit/entry.ts'
import { CHANNELS, publishIds } from '../kit/pubsub.ts'
import { changeWebhook } from './load.ts'

/** Maximum number of deliveries per statement, so that a long backlog does not keep a transaction open. */
const CHUNK = 5_000

const CANCEL = `WITH open AS MATERIALIZED (
    SELECT id FROM deliveries WHERE webhook_id = $1 AND status IN ('PENDING', 'FAILED') AND (lease_until IS NULL OR lease_until < db_now())
    LIMIT ${CHUNK} FOR UPDATE SKIP LOCKED
  ), cancelled AS (
    UPDATE deliveries d SET status = 'CANCELLED', completed_at = db_now(), next_attempt_at = NULL, wake_at = NULL, lease_until = NULL,
      hold_reason = NULL, last_error = 'the webhook was deleted'
    FROM open WHERE d.id = open.id AND d.status IN ('PENDING', 'FAILED')
    RETURNING d.id
  ) SELECT id FROM cancelled`

/**
 * Removes a webhook from the alert rules that name it. A rule that names no other webhook keeps it: a rule that names
 * none notifies every subscribed webhook, and nobody chose that. Such a rule notifies nobody, and its evaluations state
 * that.
 */
const LEAVE_RULES = `UPDATE alert_rules SET webhook_ids = array_remove(webhook_ids, $1::uuid)
  WHERE $1::uuid = ANY (webhook_ids) AND cardinality(array_remove(webhook_ids, $1::uuid)) > 0 RETURNING id`

/**
 * Deletes a webhook. It is no longer in any list; only its old deliveries still show it. Waiting deliveries are
 * cancelled. Deliveries that are being sent are finished by their worker. Alert rules that also name other webhooks no
 * longer name it. Throws NOT_FOUND.
 */
export async function deleteWebhook(core: AppContext, caller: Caller, id: string): Promise<void> {
  const deletedAt = new Date(core.clock())
  // The state is set too, so that a process with cached settings does not send to the webhook.
  const gone = { deletedAt, state: 'DISABLED', disabledReason: 'It was deleted.' } as const
  let rules: { id: string }[] = []
  await changeWebhook(
    core,
    caller,
    id,
    'webhook.delete',
    () => gone,
    async (tx) => {
      rules = await tx.$queryRawUnsafe<{ id: string }[]>(LEAVE_RULES, id)
    },
  )
  publishIds(
    core.pubsub,
    CHANNELS.alertRules,
    rules.map((rule) => rule.id),
  )
  await cancelOpen(core, id)
}

/**
 * Cancels open deliveries of deleted webhooks. The sweep calls it for deliveries that were being sent when the webhook
 * was deleted and then failed, and for those that an interrupted deletion has left.
 */
export async function cancelDeliveriesOfDeletedWebhooks(core: AppContext): Promise<void> {
  const left = await core.db.query<{ id: string }>(
    `SELECT w.id FROM webhooks w WHERE w.deleted_at IS NOT NULL
       AND EXISTS (SELECT 1 FROM deliveries d WHERE d.webhook_id = w.id AND d.status IN ('PENDING', 'FAILED'))`,
  )
  for (const { id } of left) await cancelOpen(core, id)
}

async function cancelOpen(core: AppContext, webhookId: string): Promise<void> {
  for (;;) {
    const cancelled = await core.db.query<{ id: string }>(CANCEL, [webhookId], 'cancel_of_deleted')
    // All ids are published, however many there are. A message that means "anything may have changed" would end the
    // subscriptions of all tenants.
    const ids = cancelled.map(({ id }) => id)
    publishIds(core.pubsub, CHANNELS.deliveries, ids)
    if (ids.length < CHUNK) return
  }
}
