import { byId, createLoader } from '../graphql/loader.ts'
import { withinTenant } from '../identity/tenant-scope.ts'
import { type WebhookRow, webhooksOf } from './load.ts'

/** Webhooks that the identity may see, without deleted ones. */
export const webhookLoader = createLoader<WebhookRow>(async (ids, { core, identity }) =>
  byId(await core.db.prisma.webhook.findMany({ where: { AND: [{ id: { in: [...ids] } }, webhooksOf(identity)] } })),
)

/** Webhooks that the identity may see, including deleted ones, because old deliveries refer to these. */
export const anyWebhookLoader = createLoader<WebhookRow>(async (ids, { core, identity }) =>
  byId(
    await core.db.prisma.webhook.findMany({
      where: { id: { in: [...ids] }, ...withinTenant(identity) },
    }),
  ),
)

/** The number of open deliveries of each webhook. */
export const backlogLoader = createLoader<number>(async (ids, { core }) => {
  const { rows } = await core.db.pool.query<{ id: string; n: number }>(
    `SELECT webhook_id AS id, count(*)::int AS n FROM deliveries
     WHERE status IN ('PENDING', 'FAILED') AND webhook_id = ANY ($1::uuid[]) GROUP BY webhook_id`,
    [ids],
  )
  return new Map(rows.map(({ id, n }) => [id, n]))
})
