import type {
  CircuitState,
  DeliveryStatus,
  ErrorKind,
  WebhookState,
} from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import { uuidFloor } from '../../kit/ids.ts'

/** How likely another attempt would arrive now (0 to 1), and what that rests on, in words. */
export interface Forecast {
  likelihood: number
  basis: string
}

/** What the attempts of a webhook within the last hour came to. */
export interface RecentAttempts {
  succeeded: number
  failed: number
  lastSuccessAt: Date | null
}

export interface ForecastInput {
  delivery: {
    status: DeliveryStatus
    targetUrl: string
    lastErrorKind: ErrorKind | null
    lastStatusCode: number | null
    /** When it last failed. */
    failedAt: Date
  }
  webhook: {
    url: string
    state: WebhookState
    circuit: CircuitState
    failingSince: Date | null
    consecutiveFailures: number
    deletedAt: Date | null
  }
  recent: RecentAttempts
}

export const NO_RECENT: RecentAttempts = { succeeded: 0, failed: 0, lastSuccessAt: null }

/** Statuses that speak of the address or of credentials, which people mend; other 4xx speak of what was sent. */
const MENDABLE = new Set([401, 403, 404, 405, 407, 408, 410, 421, 425])

/**
 * Weighs what is known of the webhook since the failure: whether it takes requests again, whether its address changed, and
 * whether the failure was about the receiver or about this very request, which stays the same in a replay.
 * Null for what is neither FAILED nor DEAD_LETTER.
 */
export function forecast({ delivery, webhook, recent }: ForecastInput): Forecast | null {
  if (delivery.status !== 'FAILED' && delivery.status !== 'DEAD_LETTER') return null
  if (webhook.deletedAt !== null) return { likelihood: 0, basis: 'The webhook was deleted.' }

  const moved = webhook.url !== delivery.targetUrl
  const code = delivery.lastStatusCode
  if (!moved && delivery.lastErrorKind === 'BLOCKED_ADDRESS') {
    return { likelihood: 0.02, basis: 'The address is one that webhooks may not reach, and it is still the same.' }
  }
  const refused = !moved && delivery.lastErrorKind === 'HTTP_4XX' && code !== null && !MENDABLE.has(code)
  const about = recentWords(recent)
  if (webhook.circuit !== 'CLOSED') {
    const likelihood = refused ? 0.03 : 0.08
    return {
      likelihood,
      basis: `The circuit is open after ${webhook.consecutiveFailures} failures in a row; ${about}.`,
    }
  }
  if (refused) {
    return {
      likelihood: 0.1,
      basis: `The receiver refused this very request with ${code}, and a replay sends the same again; ${about}.`,
    }
  }
  // A webhook that fails since before this failure has not taken a single request after it.
  const tookSince = recent.lastSuccessAt !== null && recent.lastSuccessAt > delivery.failedAt
  const rate = (recent.succeeded + 1) / (recent.succeeded + recent.failed + 2)
  const stillFailing = webhook.failingSince !== null
  if (tookSince && !stillFailing) {
    return {
      likelihood: round(0.8 + 0.18 * rate),
      basis: `The webhook has taken deliveries since this one failed; ${about}.`,
    }
  }
  if (moved) {
    return { likelihood: round(0.3 + 0.5 * rate), basis: `The webhook's URL was changed since this failure; ${about}.` }
  }
  if (stillFailing) {
    const since = `Nothing has arrived since ${webhook.failingSince?.toISOString()} (${webhook.consecutiveFailures} failures in a row)`
    return { likelihood: round(0.08 + 0.32 * rate), basis: `${since}; ${about}.` }
  }
  return { likelihood: round(0.25 + 0.5 * rate), basis: `No attempt since this failure says more; ${about}.` }
}

const round = (value: number) => Math.round(value * 100) / 100

function recentWords({ succeeded, failed }: RecentAttempts): string {
  const total = succeeded + failed
  return total === 0
    ? 'there were no attempts within the last hour'
    : `${succeeded} of ${total} attempts within the last hour arrived`
}

const HOUR_MS = 3_600_000

/** The attempts of webhooks within the last hour, tests included: they show as well whether the receiver is there. */
export async function readRecentAttempts(
  core: AppContext,
  webhookIds: readonly string[],
): Promise<Map<string, RecentAttempts>> {
  const rows = await core.db.query<RecentAttempts & { id: string }>(
    `SELECT webhook_id AS id, count(*) FILTER (WHERE error_kind IS NULL)::int AS succeeded,
       count(*) FILTER (WHERE error_kind IS NOT NULL)::int AS failed, max(started_at) FILTER (WHERE error_kind IS NULL) AS "lastSuccessAt"
     FROM delivery_attempts WHERE id >= $2::uuid AND webhook_id = ANY ($1::uuid[]) GROUP BY webhook_id`,
    [webhookIds, uuidFloor(core.clock() - HOUR_MS)],
  )
  return new Map(rows.map(({ id, ...recent }) => [id, recent]))
}
