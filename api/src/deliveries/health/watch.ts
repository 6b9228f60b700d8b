import type { PoolClient } from 'pg'
import type { CircuitState } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import { snapshot } from '../../db/snapshot.ts'
import { MINUTE_MS } from '../../db/time-buckets.ts'
import type { PublishInTransaction, SystemEvent } from '../../events/publish/publish-in-transaction.ts'
import { publicId } from '../../kit/ids.ts'
import { countAttempts } from '../totals/attempts.ts'
import { type AttemptShare, type HealthChange, healthChange } from './degradation.ts'

const SOURCE = 'aetherlink'
/** Maximum number of webhooks whose attempts one statement reads. */
const BATCH = 1_000

/** The finest buckets of the totals are minutes. A check is cheap, so it runs several times per minute. */
const CHECK_EVERY_MS = 15_000

/** Starts the regular check. One worker at a time runs it. Returns a function that stops it. */
export const startHealthWatch = (core: AppContext, publishInTransaction: PublishInTransaction): (() => Promise<void>) =>
  core.jobs.every('deliveries.webhook-health', CHECK_EVERY_MS, () => watchWebhookHealth(core, publishInTransaction))

interface Watched {
  id: string
  name: string
  tenantId: string | null
  circuit: CircuitState
  failingSince: Date | null
  isDegraded: boolean
}

interface Changed extends HealthChange {
  webhook: Watched
}

/**
 * Publishes webhook.degraded and webhook.recovered for webhooks whose health has changed. One transaction stores the
 * new health and appends the event, so each change is announced exactly once even if several workers check. Paused and
 * disabled webhooks keep their health.
 */
export async function watchWebhookHealth(core: AppContext, publishInTransaction: PublishInTransaction): Promise<void> {
  const webhooks = await core.db.query<Watched>(
    `SELECT w.id, w.name, w.tenant_id AS "tenantId", w.circuit, w.failing_since AS "failingSince", d.webhook_id IS NOT NULL AS "isDegraded"
     FROM webhooks w LEFT JOIN webhook_degradations d ON d.webhook_id = w.id
     WHERE w.deleted_at IS NULL AND w.state = 'ENABLED' ORDER BY w.id`,
  )
  for (let at = 0; at < webhooks.length; at += BATCH) {
    const changes = await changesOf(core, webhooks.slice(at, at + BATCH))
    if (changes.length > 0) await announce(core, publishInTransaction, changes)
  }
}

async function changesOf(core: AppContext, webhooks: readonly Watched[]): Promise<Changed[]> {
  const now = core.clock()
  const edges = [now - 10 * MINUTE_MS, now - 5 * MINUTE_MS, now + MINUTE_MS]
  const counts = await snapshot(core, (read) =>
    countAttempts(
      read,
      webhooks.map(({ id }) => id),
      edges,
      now,
    ),
  )
  const shares = new Map<string, [earlier: AttemptShare, latest: AttemptShare]>()
  for (const { webhookId, bucket, errorKind, count } of counts) {
    const both = shares.get(webhookId) ?? [
      { delivered: 0, failed: 0 },
      { delivered: 0, failed: 0 },
    ]
    shares.set(webhookId, both)
    both[bucket === 0 ? 0 : 1][errorKind === null ? 'delivered' : 'failed'] += count
  }
  const none = { delivered: 0, failed: 0 }
  return webhooks.flatMap((webhook) => {
    const [earlier, latest] = shares.get(webhook.id) ?? [none, none]
    const last10Minutes = {
      delivered: earlier.delivered + latest.delivered,
      failed: earlier.failed + latest.failed,
    }
    const change = healthChange({ ...webhook, last10Minutes, last5Minutes: latest })
    return change ? [{ ...change, webhook }] : []
  })
}

async function announce(
  core: AppContext,
  publishInTransaction: PublishInTransaction,
  changes: readonly Changed[],
): Promise<void> {
  await publishInTransaction(SOURCE, async (client, publish) => {
    const events: SystemEvent[] = []
    for (const change of changes) {
      const since = change.to === 'DEGRADED' ? await begin(core, client, change) : await end(client, change)
      if (since) events.push(eventOf(change, since, core.clock()))
    }
    if (events.length > 0) await publish(events)
  })
}

/** Null if another worker has already stored this change. */
async function begin(core: AppContext, client: PoolClient, { webhook, reason }: Changed): Promise<Date | null> {
  const { rows } = await client.query<{ since: Date }>(
    `INSERT INTO webhook_degradations (webhook_id, since, reason) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING since`,
    [webhook.id, new Date(core.clock()).toISOString(), reason],
  )
  return rows[0]?.since ?? null
}

async function end(client: PoolClient, { webhook }: Changed): Promise<Date | null> {
  const { rows } = await client.query<{ since: Date }>(
    'DELETE FROM webhook_degradations WHERE webhook_id = $1 RETURNING since',
    [webhook.id],
  )
  return rows[0]?.since ?? null
}

function eventOf({ to, reason, webhook }: Changed, since: Date, now: number): SystemEvent {
  const subject = publicId('whk', webhook.id)
  const isDegraded = to === 'DEGRADED'
  return {
    type: isDegraded ? 'webhook.degraded' : 'webhook.recovered',
    source: SOURCE,
    severity: isDegraded ? 'WARNING' : 'INFO',
    subject,
    tenantId: webhook.tenantId,
    payload: {
      webhookId: subject,
      name: webhook.name,
      reason,
      since: since.toISOString(),
      ...(!isDegraded && { seconds: Math.max(0, Math.round((now - since.getTime()) / 1_000)) }),
    },
    route: null,
  }
}
