import type { Prisma, Webhook } from '../../../prisma/generated/client/client.ts'
import type { AppContext } from '../app-context.ts'
import type { Caller } from '../audit/entry.ts'
import { audited } from '../audit/record.ts'
import type { Identity } from '../identity/identity.ts'
import { withinTenant } from '../identity/tenant-scope.ts'
import { notFound } from '../kit/errors.ts'
import { publicId } from '../kit/ids.ts'
import { CHANNELS } from '../kit/pubsub.ts'
import { webhookSnapshot } from './audit-snapshot.ts'

export type WebhookRow = Webhook

/**
 * The condition for webhooks that an identity may see and change. Deleted webhooks are excluded. Global webhooks have
 * no tenant.
 */
export const webhooksOf = (identity: Identity): Prisma.WebhookWhereInput => ({
  deletedAt: null,
  ...withinTenant(identity),
})

/** Loads a webhook by its UUID. Throws NOT_FOUND if it does not exist, is deleted or belongs to another tenant. */
export async function loadWebhook(core: AppContext, identity: Identity, id: string): Promise<WebhookRow> {
  const row = await core.db.prisma.webhook.findFirst({ where: { AND: [{ id }, webhooksOf(identity)] } })
  if (!row) throw notFound('webhook', publicId('whk', id))
  return row
}

/**
 * Changes a webhook, adds an audit entry with `action`, and notifies all processes. `decide` gets the locked row and
 * returns the changes. If it returns null, nothing changes, but an entry is added. Throws NOT_FOUND like `loadWebhook`,
 * and the errors of `decide`. `alongside` makes further changes in the same transaction.
 */
export async function changeWebhook(
  core: AppContext,
  caller: Caller,
  id: string,
  action: string,
  decide: (before: WebhookRow) => Prisma.WebhookUpdateInput | null,
  alongside?: (tx: Prisma.TransactionClient) => Promise<unknown>,
): Promise<WebhookRow> {
  const within = { AND: [{ id }, webhooksOf(caller.identity)] }
  const changed = await audited(core, caller, action, async (tx) => {
    await tx.$queryRaw`SELECT id FROM webhooks WHERE id = ${id}::uuid FOR NO KEY UPDATE`
    const before = await tx.webhook.findFirst({ where: within })
    if (!before) throw notFound('webhook', publicId('whk', id))
    const data = decide(before)
    const after = data
      ? await tx.webhook.update({ where: { id }, data: { ...data, version: { increment: 1 } } })
      : before
    await alongside?.(tx)
    return {
      result: after,
      target: { type: 'webhook', id: publicId('whk', id) },
      tenantId: before.tenantId,
      before: webhookSnapshot(core, before),
      after: after.deletedAt ? null : webhookSnapshot(core, after),
    }
  })
  void core.pubsub.publish(CHANNELS.webhooks, id)
  return changed
}
