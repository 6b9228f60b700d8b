import type { WebhookKind } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import type { PublishInTransaction, SystemEvent } from '../../events/publish/publish-in-transaction.ts'
import { publicId } from '../../kit/ids.ts'
import { publicText } from '../../webhooks/visible-url.ts'

const PROGRESS = 'dead-letters'
/** Maximum number of webhooks that one check announces. Those with more dead letters come first. */
const MAX_WEBHOOKS = 200

interface DeadLetters {
  webhookId: string
  name: string
  tenantId: string | null
  kind: WebhookKind
  url: string
  count: number
  lastError: string | null
}

/**
 * The time range of a check. A dead letter carries the time at which its transaction began, so it may appear late. The
 * range therefore ends before the oldest open transaction: no dead letter can appear in it later. Transactions that
 * have been open for more than a minute are ignored.
 */
const RANGE = `SELECT p.at AS since, date_trunc('milliseconds', least(db_now() - interval '1 second', greatest(db_now() - interval '1 minute',
    coalesce((SELECT min(xact_start) FROM pg_stat_activity WHERE datname = current_database()
      AND application_name LIKE 'aetherlink-%' AND pid <> pg_backend_pid()) + (db_now() - now()), db_now())))) - interval '1 ms' AS until
  FROM alert_progress p WHERE p.name = '${PROGRESS}' FOR UPDATE`

/** Events about AetherLink itself are left out: the dead notification of an alert must not raise the next alert. */
const DIED = `SELECT d.webhook_id AS "webhookId", w.name, w.tenant_id AS "tenantId", w.kind, w.url, count(*)::int AS count,
    (array_agg(d.last_error ORDER BY d.changed_at DESC))[1] AS "lastError"
  FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id
  WHERE d.status = 'DEAD_LETTER' AND d.changed_at > $1 AND d.changed_at <= $2
    AND d.event_type NOT LIKE 'ops.%' AND d.event_type NOT LIKE 'webhook.%'
  GROUP BY w.id, d.webhook_id ORDER BY count(*) DESC LIMIT ${MAX_WEBHOOKS}`

/**
 * Publishes webhook.dead_letters for each webhook with deliveries that became dead letters since the last check. One
 * transaction publishes the events and stores the progress, so each dead letter is announced once, even if several
 * workers check.
 */
export async function announceDeadLetters(
  { db }: Pick<AppContext, 'db'>,
  publishInTransaction: PublishInTransaction,
): Promise<void> {
  // Deliveries that died before the first check are not announced.
  await db.query(
    `INSERT INTO alert_progress (name, at) VALUES ('${PROGRESS}', db_now() - interval '1 second') ON CONFLICT DO NOTHING`,
  )
  await publishInTransaction('aetherlink', async (client, publish) => {
    const [range] = (await client.query<{ since: Date; until: Date }>(RANGE)).rows
    if (!range || range.until <= range.since) return
    const { rows } = await client.query<DeadLetters>(DIED, [range.since, range.until])
    await client.query('UPDATE alert_progress SET at = $2 WHERE name = $1', [PROGRESS, range.until])
    if (rows.length > 0) await publish(rows.map(eventOf))
  })
}

function eventOf({ webhookId, name, tenantId, count, lastError, kind, url }: DeadLetters): SystemEvent {
  const subject = publicId('whk', webhookId)
  return {
    type: 'webhook.dead_letters',
    source: 'aetherlink',
    severity: 'ERROR',
    subject,
    tenantId,
    payload: {
      webhookId: subject,
      name,
      count,
      lastError: lastError === null ? null : publicText({ kind }, lastError, [url]),
    },
    route: null,
  }
}
