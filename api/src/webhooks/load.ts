import type { Prisma, Webhook } from '../../../prisma/generated/client/client.ts'
import type { Identity } from '../access/identity.ts'
import type { Core } from '../kit/core.ts'
import { notFound } from '../kit/errors.ts'
import { publicId } from '../kit/ids.ts'
import { CHANNELS } from '../kit/pubsub.ts'

export type WebhookRow = Webhook

/** The webhooks an identity may see and touch. A deleted one is nobody's; one of the whole installation is not a tenant's. */
export const webhooksOf = (identity: Identity): Prisma.WebhookWhereInput => ({
  deletedAt: null,
  ...(identity.tenantId !== null && { tenantId: identity.tenantId }),
})

/** Throws NOT_FOUND for what does not exist, is deleted or belongs to another tenant. `id` is the row's UUID. */
export async function loadWebhook(core: Core, identity: Identity, id: string): Promise<WebhookRow> {
  const row = await core.db.prisma.webhook.findFirst({ where: { AND: [{ id }, webhooksOf(identity)] } })
  if (!row) throw notFound('webhook', publicId('whk', id))
  return row
}

/**
 * Changes a webhook in one statement and tells every process. `only` narrows it further (compare-and-set): null then means
 * that the row is there, but not as expected. Throws NOT_FOUND as `loadWebhook` does.
 */
export async function changeWebhook(
  core: Core,
  identity: Identity,
  id: string,
  data: Prisma.WebhookUpdateManyMutationInput,
  only: Prisma.WebhookWhereInput = {},
): Promise<WebhookRow | null> {
  const [row] = await core.db.prisma.webhook.updateManyAndReturn({
    where: { AND: [{ id }, webhooksOf(identity), only] },
    data: { ...data, version: { increment: 1 } },
  })
  if (!row) {
    await loadWebhook(core, identity, id)
    return null
  }
  core.pubsub.publish(CHANNELS.webhooks, id)
  return row
}
