import { newId, tryUuid, uuidFloor } from '../../src/kit/ids.ts'
import type { As, TestApp } from '../harness.ts'

export const ACME: As = { role: 'OPERATOR', tenantId: 'tenant-acme' }
export const OTHER: As = { role: 'OPERATOR', tenantId: 'tenant-other' }

export interface Made {
  id: string
  secret: string
}

/** Creates a webhook through the API. */
export async function makeWebhook(app: TestApp, over: object = {}, as: As = ACME): Promise<Made> {
  const input = { name: 'w', url: 'https://93.184.215.1/', eventTypes: [], ...over }
  const { createWebhook } = await app.ok<{ createWebhook: { secret: string; webhook: { id: string } } }>(
    'mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { secret webhook { id } } }',
    { input },
    { as },
  )
  return { id: createWebhook.webhook.id, secret: createWebhook.secret }
}

/** Publishes an event through the API and returns its public id. */
export const publish = async (app: TestApp, over: object = {}, as: As = ACME) => {
  const input = { type: 'order.created', source: 'shop', payload: { n: 1 }, ...over }
  const { publishEvent } = await app.ok<{ publishEvent: { event: { id: string } } }>(
    'mutation ($input: PublishEventInput!) { publishEvent(input: $input) { event { id } } }',
    { input },
    { as },
  )
  return publishEvent.event.id
}

export interface Seed {
  webhook: string
  tenant?: string
  status?: string
  type?: string
  url?: string
  attempts?: number
  max?: number
  error?: string | null
  kind?: string | null
  /** Age in milliseconds. */
  age?: number
  latency?: number
  replayOf?: string
  event?: string
}

/** Inserts a delivery as the product would have left it. Returns its UUID. */
export async function seedDelivery(app: TestApp, given: Seed): Promise<string> {
  const { age = 0, status: is = 'PENDING', attempts = 0, latency = 10 } = given
  const at = Date.now() - age
  const id = age === 0 ? newId() : `${uuidFloor(at).slice(0, 14)}7${newId().slice(15)}`
  const final = !['PENDING', 'FAILED'].includes(is)
  await app.sql(
    `INSERT INTO deliveries (id, event_id, webhook_id, tenant_id, event_type, target_url, status, attempt_count, max_attempts, next_attempt_at,
       created_at, completed_at, last_error, last_error_kind, replay_of_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7::"DeliveryStatus", $8, $9, $10, $11, $12, $13, $14::"ErrorKind", $15)`,
    [
      id,
      given.event ?? newId(),
      tryUuid('whk', given.webhook),
      given.tenant ?? 'tenant-acme',
      given.type ?? 'order.created',
      given.url ?? 'https://93.184.215.1/',
      is,
      attempts,
      given.max ?? 3,
      final ? null : new Date(at),
      new Date(at),
      final ? new Date(at + latency) : null,
      given.error ?? null,
      given.kind ?? null,
      given.replayOf ?? null,
    ],
  )
  return id
}

/** Inserts an attempt. It is successful if `kind` is null. */
export async function seedAttempt(
  app: TestApp,
  webhook: string,
  delivery: string | null,
  number: number,
  kind: string | null = 'HTTP_5XX',
) {
  const id = newId()
  await app.sql(
    `INSERT INTO delivery_attempts (id, delivery_id, webhook_id, number, started_at, duration_ms, status_code, error_kind, error, request_headers)
     VALUES ($1, $2, $3, $4, now(), 5, 503, $5::"ErrorKind", 'no', '{}')`,
    [id, delivery, tryUuid('whk', webhook), number, kind],
  )
  return id
}
