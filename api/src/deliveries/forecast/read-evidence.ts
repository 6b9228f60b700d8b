import type { ErrorKind, WebhookState } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import { uuidFloor } from '../../kit/ids.ts'
import { failureClass } from './failure-class.ts'
import type { AttemptMinute, ReceiverEvidence } from './receiver.ts'

export interface KnownReceiver {
  webhook: { url: string; state: WebhookState; deletedAt: Date | null; tenantId: string | null }
  evidence: ReceiverEvidence
}

const HOUR_MS = 3_600_000

interface AttemptCell {
  webhookId: string
  minute: number
  errorKind: ErrorKind | null
  statusCode: number | null
  count: number
  newestAt: Date
}

/** What is known of the receivers of webhooks at `now`, by webhook id. Tests of a webhook count too: they show whether it answers. */
export async function readReceivers(
  core: AppContext,
  webhookIds: readonly string[],
  now: number,
): Promise<Map<string, KnownReceiver>> {
  const [webhooks, cells] = await Promise.all([
    core.db.prisma.webhook.findMany({ where: { id: { in: [...webhookIds] } } }),
    core.db.query<AttemptCell>(
      `SELECT webhook_id AS "webhookId", floor(extract(epoch FROM started_at) / 60)::int AS minute, error_kind AS "errorKind",
         CASE WHEN error_kind = 'HTTP_4XX' THEN status_code END AS "statusCode", count(*)::int AS count, max(started_at) AS "newestAt"
       FROM delivery_attempts WHERE id >= $2::uuid AND webhook_id = ANY ($1::uuid[]) GROUP BY 1, 2, 3, 4 ORDER BY 2`,
      [webhookIds, uuidFloor(now - HOUR_MS)],
    ),
  ])
  const byWebhook = new Map<string, AttemptCell[]>()
  for (const cell of cells) {
    const known = byWebhook.get(cell.webhookId)
    if (known) known.push(cell)
    else byWebhook.set(cell.webhookId, [cell])
  }
  return new Map(
    webhooks.map((webhook) => {
      const own = byWebhook.get(webhook.id) ?? []
      const { circuit, failingSince, consecutiveFailures } = webhook
      return [webhook.id, { webhook, evidence: { circuit, failingSince, consecutiveFailures, ...attemptsOf(own) } }]
    }),
  )
}

function attemptsOf(cells: readonly AttemptCell[]) {
  const minutes = new Map<number, AttemptMinute>()
  let lastSuccessAt: Date | null = null
  let lastFailureAt: Date | null = null
  for (const { minute, errorKind, statusCode, count, newestAt } of cells) {
    const counts = minutes.get(minute) ?? { minute, succeeded: 0, refused: 0, failed: 0 }
    minutes.set(minute, counts)
    if (errorKind === null) {
      counts.succeeded += count
      lastSuccessAt = later(lastSuccessAt, newestAt)
    } else if (failureClass(errorKind, statusCode) === 'CONTENT') counts.refused += count
    else {
      counts.failed += count
      lastFailureAt = later(lastFailureAt, newestAt)
    }
  }
  return { minutes: [...minutes.values()].sort((a, b) => a.minute - b.minute), lastSuccessAt, lastFailureAt }
}

const later = (a: Date | null, b: Date) => (a === null || a < b ? b : a)
