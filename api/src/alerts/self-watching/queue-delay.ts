import type { AppContext } from '../../app-context.ts'
import type { PublishInTransaction } from '../../events/publish/publish-in-transaction.ts'

const PROGRESS = 'queue-delayed'
const DELAYED_SECONDS = 60
/**
 * If a worker serves the webhook, a delivery counts as delayed only when it has been due for this long: the workers do
 * not keep up.
 */
const BEHIND_SECONDS = 600
/**
 * How often a lasting delay is announced. The window of the default rule is twice as long, so that its alert stays
 * open.
 */
const REPEAT_SECONDS = 30
/** Maximum number of deliveries to count: for one webhook, and in total. */
const MAX_PER_WEBHOOK = 1_000
const MAX_WAITING = 10_000

/** Whether a worker has sent something for the webhook in the last minute, or is sending. */
const SERVED = `(EXISTS (SELECT 1 FROM deliveries s WHERE s.webhook_id = open.webhook_id
        AND s.changed_at > db_now() - interval '${DELAYED_SECONDS} seconds' AND s.last_attempt_at IS NOT NULL)
      OR EXISTS (SELECT 1 FROM deliveries s WHERE s.webhook_id = open.webhook_id AND s.status IN ('PENDING', 'FAILED') AND s.lease_until > db_now()))`
const PATIENCE = `CASE WHEN open.served THEN interval '${BEHIND_SECONDS} seconds' ELSE interval '${DELAYED_SECONDS} seconds' END`

/**
 * The delayed deliveries: those that have been due for DELAYED_SECONDS although their webhook is enabled and its circuit
 * is closed. If a worker serves the webhook, the backlog of an outage or a pause may be draining. So these deliveries
 * are delayed only if they have been due for BEHIND_SECONDS, the webhook has not changed for as long, and its limits hold
 * none of its deliveries. The recursion finds each webhook with open deliveries by one index look-up.
 */
const DELAYED = `WITH RECURSIVE open AS (
    (SELECT d.webhook_id FROM deliveries d WHERE d.status IN ('PENDING', 'FAILED') ORDER BY d.webhook_id LIMIT 1)
    UNION ALL
    SELECT (SELECT d.webhook_id FROM deliveries d WHERE d.status IN ('PENDING', 'FAILED') AND d.webhook_id > open.webhook_id
      ORDER BY d.webhook_id LIMIT 1)
    FROM open WHERE open.webhook_id IS NOT NULL
  ), late AS (
    SELECT d.webhook_id, d.next_attempt_at FROM (SELECT open.webhook_id, ${SERVED} AS served FROM open WHERE open.webhook_id IS NOT NULL) AS open
    JOIN webhooks w ON w.id = open.webhook_id AND w.state = 'ENABLED' AND w.circuit = 'CLOSED'
      AND w.updated_at < now() - ${PATIENCE}
      AND NOT (open.served AND EXISTS (SELECT 1 FROM deliveries h WHERE h.webhook_id = w.id AND h.status IN ('PENDING', 'FAILED') AND h.hold_reason IS NOT NULL))
    CROSS JOIN LATERAL (
      SELECT o.webhook_id, o.next_attempt_at FROM deliveries o
      WHERE o.webhook_id = w.id AND o.status IN ('PENDING', 'FAILED') AND o.hold_reason IS NULL
        AND o.next_attempt_at < db_now() - ${PATIENCE} AND (o.lease_until IS NULL OR o.lease_until < db_now())
      ORDER BY o.next_attempt_at LIMIT ${MAX_PER_WEBHOOK}) AS d
    LIMIT ${MAX_WAITING}
  )
  SELECT count(*)::int AS waiting, count(DISTINCT webhook_id)::int AS webhooks,
    coalesce(round(extract(epoch FROM db_now() - min(next_attempt_at))), 0)::int AS "oldestSeconds" FROM late`

interface Delay {
  waiting: number
  webhooks: number
  oldestSeconds: number
}

/** Publishes ops.queue.delayed while deliveries wait for workers, at most once in REPEAT_SECONDS per installation. */
export async function announceQueueDelay(
  { db }: Pick<AppContext, 'db'>,
  publishInTransaction: PublishInTransaction,
): Promise<void> {
  const [delay] = await db.query<Delay>(DELAYED)
  if (!delay || delay.waiting === 0) return
  await publishInTransaction('aetherlink', async (client, publish) => {
    const { rowCount } = await client.query(
      `INSERT INTO alert_progress AS p (name, at) VALUES ('${PROGRESS}', db_now())
       ON CONFLICT (name) DO UPDATE SET at = excluded.at WHERE p.at <= excluded.at - interval '${REPEAT_SECONDS} seconds'`,
    )
    if (rowCount === 0) return
    await publish([
      {
        type: 'ops.queue.delayed',
        source: 'aetherlink',
        severity: 'ERROR',
        subject: null,
        tenantId: null,
        payload: delay,
        route: null,
      },
    ])
  })
}
