import { createHash, randomBytes } from 'node:crypto'
import { publicId } from '../../api/src/kit/ids.ts'
import type { WebhookSeals } from '../../api/src/webhooks/secrets/secrets.ts'
import { buildRequest } from '../../api/src/webhooks/send/build-request.ts'
import type { Target } from '../../api/src/webhooks/target.ts'
import type { DemoEvent } from './events.ts'
import type { Chance } from './random.ts'
import type { Past, PastDelivery } from './simulate.ts'
import type { DemoWebhook } from './webhooks.ts'

/** A row as JSON: values by column name. */
export type Row = Readonly<Record<string, unknown>>

const DAY = 86_400_000
/** An open circuit is probed this soon after the start, so that the demo shows activity. */
const PROBE_SOON_MS = 20_000

const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString())

/** A demo webhook with its id, URL and secret. */
export interface PlacedWebhook {
  id: string
  url: string
  secret: string
  createdAt: number
  demo: DemoWebhook
}

export function webhookRow(
  { id, url, secret, createdAt, demo }: PlacedWebhook,
  past: Past,
  seals: WebhookSeals,
  now: number,
): Row {
  const { circuit } = past
  const changedAt =
    past.disabled?.at ?? (demo.pausedHoursAgo === null ? createdAt : now - demo.pausedHoursAgo * 3_600_000)
  return {
    id,
    name: demo.name,
    url,
    kind: demo.kind,
    tenant_id: demo.tenantId,
    event_types: demo.eventTypes,
    min_severity: demo.minSeverity,
    state: demo.state,
    disabled_reason: past.disabled?.reason ?? null,
    circuit_breaker: demo.circuitBreaker,
    circuit: circuit.circuit,
    consecutive_failures: circuit.consecutiveFailures,
    failing_since: iso(circuit.failingSince?.getTime() ?? null),
    circuit_probe_at: circuit.circuit === 'CLOSED' ? null : iso(now + PROBE_SOON_MS),
    circuit_openings: circuit.openings,
    rate_per_second: demo.ratePerSecond,
    max_concurrency: 16,
    timeout_ms: demo.timeoutMs,
    retry_schedule: demo.retrySchedule,
    headers_sealed: Object.keys(demo.headers).length === 0 ? null : seals.sealHeaders(id, demo.headers),
    secret_sealed: seals.sealSecret(id, secret),
    version: demo.state === 'ENABLED' ? 1 : 2,
    created_at: iso(createdAt),
    updated_at: iso(changedAt),
  }
}

/**
 * The API keys of the demo's services. They cannot be used: the stored hash is computed from random bytes that are
 * discarded.
 */
export function keyRows(events: readonly DemoEvent[], chance: Chance, now: number): Map<string, Row> {
  const lastUsed = new Map<string, number>()
  for (const { source, at } of events) if (source !== SYSTEM) lastUsed.set(source, at)
  const createdAt = now - 30 * DAY
  const rows = [...lastUsed].map(([name, at]): [string, Row] => {
    const secret = randomBytes(32)
    return [
      name,
      {
        id: chance.id(createdAt),
        name,
        role: 'AGENT',
        tenant_id: null,
        prefix: `alk_${secret.toString('base64url').slice(0, 4)}`,
        hash: createHash('sha256').update(secret).digest('hex'),
        last_used_at: iso(at),
        created_at: iso(createdAt),
      },
    ]
  })
  return new Map(rows)
}

/** Source of AetherLink's own events, which are published without an API key. */
const SYSTEM = 'aetherlink'

export function eventRow(event: DemoEvent, seq: bigint, keys: ReadonlyMap<string, Row>): Row {
  const key = keys.get(event.source)
  const publisher = key
    ? {
        published_by_kind: 'API_KEY',
        published_by_id: publicId('key', String(key.id)),
        published_by_name: event.source,
      }
    : { published_by_kind: 'SYSTEM', published_by_id: event.source, published_by_name: event.source }
  return {
    id: event.id,
    seq: seq.toString(),
    tenant_id: event.tenantId,
    type: event.type,
    source: event.source,
    severity: event.severity,
    subject: event.subject,
    payload: event.payload,
    occurred_at: iso(event.occurredAt),
    received_at: iso(event.at),
    ...publisher,
    client_ip: key ? `10.20.0.${10 + [...keys.keys()].indexOf(event.source)}` : null,
    correlation_id: event.correlationId,
    causation_id: event.causationId,
  }
}

export function deliveryRow({ id: webhookId, url, demo }: PlacedWebhook, delivery: PastDelivery): Row {
  const last = delivery.attempts.at(-1)
  return {
    id: delivery.id,
    event_id: delivery.event.id,
    webhook_id: webhookId,
    tenant_id: demo.tenantId,
    event_type: delivery.event.type,
    subject: delivery.event.subject,
    target_url: url,
    status: delivery.status,
    attempt_count: delivery.attempts.length,
    max_attempts: delivery.maxAttempts,
    next_attempt_at: iso(delivery.nextAttemptAt),
    wake_at: delivery.parked ? null : iso(delivery.nextAttemptAt),
    created_at: iso(delivery.createdAt),
    completed_at: iso(delivery.completedAt),
    last_attempt_at: last ? iso(Math.ceil(last.startedAt + last.result.durationMs)) : null,
    last_status_code: last?.result.statusCode ?? null,
    last_error: delivery.lastError,
    last_error_kind: delivery.lastErrorKind,
    replay_of_id: delivery.replayOfId,
    rescues_id: delivery.rescuesId,
    recovered_by_id: delivery.recoveredById,
  }
}

/**
 * The attempts of a webhook's deliveries. They contain the request headers that the product would have sent, including
 * the signature.
 */
export function attemptRows(webhook: PlacedWebhook, deliveries: readonly PastDelivery[]): Row[] {
  const target: Target = {
    id: webhook.id,
    tenantId: webhook.demo.tenantId,
    version: 1,
    url: webhook.url,
    kind: webhook.demo.kind,
    name: webhook.demo.name,
    secrets: [{ secret: webhook.secret, until: null }],
    headers: webhook.demo.headers,
    timeoutMs: webhook.demo.timeoutMs,
    maxConcurrency: 16,
    ratePerSecond: webhook.demo.ratePerSecond,
    retrySchedule: webhook.demo.retrySchedule,
    circuitBreaker: webhook.demo.circuitBreaker,
  }
  return deliveries.flatMap(({ id, event, attempts }) =>
    attempts.map(({ id: attemptId, number, startedAt, result }): Row => {
      const { recorded } = buildRequest(
        target,
        {
          ...event,
          payloadText: JSON.stringify(event.payload),
          occurredAt: new Date(event.occurredAt),
          receivedAt: new Date(event.at),
        },
        startedAt,
        null,
      )
      return {
        id: attemptId,
        delivery_id: id,
        webhook_id: webhook.id,
        number,
        started_at: iso(startedAt),
        duration_ms: result.durationMs,
        status_code: result.statusCode,
        error_kind: result.errorKind,
        error: result.error,
        request_headers: recorded,
        response_headers: result.responseHeaders,
        response_body: result.responseBody,
        response_body_truncated: result.responseBodyTruncated,
      }
    }),
  )
}
