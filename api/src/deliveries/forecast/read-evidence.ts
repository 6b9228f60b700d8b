import type { ErrorKind, WebhookState } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import { type Read, snapshot } from '../../db/snapshot.ts'
import { MINUTE_MS } from '../../db/time-buckets.ts'
import { groupBy } from '../../kit/group-by.ts'
import { uuidTime } from '../../kit/ids.ts'
import { countAttempts } from '../totals/attempts.ts'
import { type AttemptCell, columnOf, historyOf } from './attempt-cells.ts'
import type { ForecastSubject } from './judge.ts'
import { type AttemptCounts, aroundOf, NO_ATTEMPTS, type ReceiverEvidence } from './receiver.ts'

export interface KnownReceiver {
  webhook: { url: string; state: WebhookState; deletedAt: Date | null; tenantId: string | null }
  evidence: ReceiverEvidence
}

export interface Evidence {
  receiverOf(webhookId: string): KnownReceiver | undefined
  /** The attempts of the webhook around a failure. */
  around(subject: ForecastSubject): AttemptCounts
}

const HOUR_MINUTES = 60
const TEN_MINUTES = 10

/**
 * Reads the state of each delivery's receiver, both now and at the time of the failure. The number of statements is
 * fixed.
 */
export async function readEvidence(
  core: AppContext,
  subjects: readonly ForecastSubject[],
  now: number,
): Promise<Evidence> {
  const webhookIds = [...new Set(subjects.map(({ webhookId }) => webhookId))]
  const last = Math.floor(now / MINUTE_MS)
  const first = last - HOUR_MINUTES + 1
  const edges = Array.from({ length: HOUR_MINUTES + 1 }, (_, i) => (first + i) * MINUTE_MS)
  const [webhooks, { cells, tens }] = await Promise.all([
    core.db.prisma.webhook.findMany({ where: { id: { in: webhookIds } } }),
    snapshot(core, async (read) => ({
      cells: (await countAttempts(read, webhookIds, edges, now)).map(
        ({ bucket, newest, ...cell }): AttemptCell => ({
          ...cell,
          minute: first + bucket,
          newestAt: new Date(uuidTime(newest)),
        }),
      ),
      tens: await readTenMinutes(read, subjects),
    })),
  ])
  const byWebhook = groupBy(cells, ({ webhookId }) => webhookId)
  const receivers = new Map(
    webhooks.map((webhook): [string, KnownReceiver] => {
      const { circuit, failingSince, consecutiveFailures } = webhook
      const history = historyOf(byWebhook.get(webhook.id) ?? [])
      return [webhook.id, { webhook, evidence: { circuit, failingSince, consecutiveFailures, ...history } }]
    }),
  )
  return {
    receiverOf: (webhookId) => receivers.get(webhookId),
    around({ webhookId, failedAt }) {
      const minutes = receivers.get(webhookId)?.evidence.minutes ?? []
      const tenMinutes = tens.get(`${webhookId} ${tenMinutesOf(failedAt)}`)
      return aroundOf(minutes, { failedAt, firstMinute: first, tenMinutes })
    },
  }
}

/** The start of the ten-minute span that contains an instant, in minutes since 1970. */
export const tenMinutesOf = (at: Date) => Math.floor(at.getTime() / (TEN_MINUTES * MINUTE_MS)) * TEN_MINUTES

/** Attempts by webhook and span of ten minutes. A key consists of the webhook id and the first minute of the span. */
export async function readTenMinutes(
  read: Read,
  failures: ReadonlyArray<Pick<ForecastSubject, 'webhookId' | 'failedAt'>>,
): Promise<Map<string, AttemptCounts>> {
  const wanted = new Map(
    failures.map(({ webhookId, failedAt }) => [
      `${webhookId} ${tenMinutesOf(failedAt)}`,
      { webhookId, ten: tenMinutesOf(failedAt) },
    ]),
  )
  const rows = await read<{
    id: string
    ten: number
    errorKind: ErrorKind | null
    statusCode: number | null
    n: number
  }>(
    `SELECT w.id, w.ten, nullif(t.error_kind, '') AS "errorKind", nullif(t.status_code, 0) AS "statusCode", sum(t.count)::int AS n
     FROM unnest($1::uuid[], $2::int[]) AS w(id, ten) CROSS JOIN LATERAL (
       SELECT * FROM attempt_totals t WHERE t.webhook_id = w.id AND t.span = ${TEN_MINUTES} AND t.start = w.ten OFFSET 0) AS t
     GROUP BY 1, 2, 3, 4`,
    [[...wanted.values()].map(({ webhookId }) => webhookId), [...wanted.values()].map(({ ten }) => ten)],
  )
  const countsByTen = new Map<string, AttemptCounts>()
  for (const { id, ten, n, ...error } of rows) {
    const counts = countsByTen.get(`${id} ${ten}`) ?? { ...NO_ATTEMPTS }
    countsByTen.set(`${id} ${ten}`, counts)
    counts[columnOf(error)] += n
  }
  return countsByTen
}
