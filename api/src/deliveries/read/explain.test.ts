import { expect, test } from 'vitest'
import type { WebhookRow } from '../../webhooks/load.ts'
import type { DeliveryRow } from './delivery-where.ts'
import { type ExplainedEvent, explain, type NotificationRoute } from './explain.ts'

const RECEIVED = new Date('2026-03-01T12:00:00.000Z')
const at = (seconds: number) => new Date(RECEIVED.getTime() + seconds * 1_000)

const webhook = (over: Partial<WebhookRow> = {}): WebhookRow => ({
  id: '0195500a-0000-7000-8000-000000000001',
  name: 'w',
  url: 'https://a.example/',
  kind: 'STANDARD',
  tenantId: 'acme',
  eventTypes: [],
  minSeverity: 'INFO',
  state: 'ENABLED',
  disabledReason: null,
  circuitBreaker: true,
  circuit: 'CLOSED',
  consecutiveFailures: 0,
  failingSince: null,
  failingDays: 0,
  lastFailureAt: null,
  circuitProbeAt: null,
  circuitOpenings: 0,
  ratePerSecond: null,
  maxConcurrency: 16,
  timeoutMs: 15_000,
  retrySchedule: [],
  headersSealed: null,
  secretSealed: '',
  previousSecrets: [],
  version: 1,
  createdAt: at(-60),
  updatedAt: at(-60),
  deletedAt: null,
  ...over,
})

const delivery = (over: Partial<DeliveryRow> = {}): DeliveryRow => ({
  id: '0195500b-0000-7000-8000-000000000001',
  eventId: '0195500a-0000-7000-8000-0000000000ff',
  webhookId: webhook().id,
  tenantId: 'acme',
  eventType: 'order.created',
  subject: null,
  targetUrl: 'https://a.example/',
  status: 'PENDING',
  holdReason: null,
  attemptCount: 0,
  maxAttempts: 3,
  nextAttemptAt: at(0),
  wakeAt: null,
  leaseUntil: null,
  isLeased: false,
  leaseOwner: null,
  createdAt: at(0),
  completedAt: null,
  expiresAt: null,
  lastAttemptAt: null,
  changedAt: RECEIVED,
  lastStatusCode: null,
  lastError: null,
  lastErrorKind: null,
  replayOfId: null,
  rescuesId: null,
  recoveredById: null,
  ruleId: null,
  ...over,
})

const EVENT: ExplainedEvent = { tenantId: 'acme', type: 'order.created', severity: 'INFO', receivedAt: RECEIVED }

function verdict(
  w: Partial<WebhookRow>,
  d?: Partial<DeliveryRow>,
  event: Partial<ExplainedEvent> = {},
  visibleToTenants = false,
  route: NotificationRoute | null = null,
) {
  const rows = explain({ ...EVENT, ...event }, [webhook(w)], d ? [delivery(d)] : [], {
    visibleToTenants,
    route,
  })
  return rows.map(({ outcome, reason }) => `${outcome}: ${reason}`)[0]
}

test('the reason why a webhook got no delivery', () => {
  expect(verdict({ eventTypes: ['lead.*', 'x'] })).toBe(
    'NOT_SUBSCRIBED: its globs [lead.*, x] do not match order.created',
  )
  expect(verdict({ minSeverity: 'ERROR' })).toBe('NOT_SUBSCRIBED: its minimum severity ERROR is above INFO')
  expect(verdict({ createdAt: at(180) })).toBe('WEBHOOK_CREATED_LATER: it was created 3 min after the event')
  expect(verdict({ state: 'DISABLED', disabledReason: 'It is gone.' })).toBe(
    'WEBHOOK_DISABLED: it is disabled: It is gone.',
  )
  expect(verdict({ deletedAt: at(5), state: 'DISABLED' })).toMatch(/^WEBHOOK_DISABLED: .*deleted at/)
  expect(verdict({})).toMatch(/^NOT_SUBSCRIBED: its current settings match/)
})

test('an event of an alert: its rule determines which webhooks receive it', () => {
  const alert = { type: 'ops.alert.raised', severity: 'CRITICAL' } as const
  const of = (route: Partial<NotificationRoute>, w: Partial<WebhookRow> = {}, d?: Partial<DeliveryRow>) =>
    verdict(w, d, alert, false, { ruleName: 'errors', webhookIds: [], unsent: null, severity: 'CRITICAL', ...route })
  const chosen = { webhookIds: [webhook().id] }
  const delivered = { status: 'DELIVERED', attemptCount: 1, completedAt: at(9) } as const
  expect(of(chosen, { eventTypes: ['x'] }, delivered)).toMatch(/; the alert rule "errors" notifies this webhook$/)
  expect(of(chosen, { eventTypes: ['x'], state: 'DISABLED' })).toMatch(/^WEBHOOK_DISABLED/)
  expect(of({ webhookIds: ['another'] })).toBe('NOT_SUBSCRIBED: the alert rule "errors" notifies other webhooks')
  expect(of({ unsent: 'SILENCED' })).toMatch(/^NOT_SUBSCRIBED: a silence suppressed the notification/)
  expect(of({ ...chosen, unsent: 'IN_ANOTHER_MESSAGE' })).toMatch(/several alerts share one message/)
  // A resolved alert's event is INFO and goes to all webhooks that were notified of the alert.
  const errors = { minSeverity: 'ERROR' } as const
  expect(of({ severity: 'WARNING' }, errors)).toMatch(/minimum severity ERROR is above WARNING/)
})

test('webhooks that an event cannot reach are not listed: other tenants, webhooks deleted before it, tenants for system events', () => {
  expect(verdict({ tenantId: 'other' })).toBeUndefined()
  expect(verdict({ deletedAt: at(-5) })).toBeUndefined()
  expect(verdict({}, undefined, { tenantId: null })).toBeUndefined()
  expect(verdict({ eventTypes: ['x'] }, undefined, { tenantId: null }, true)).toMatch(/^NOT_SUBSCRIBED/)
  expect(verdict({ tenantId: null, eventTypes: ['x'] }, undefined, { tenantId: null })).toMatch(/^NOT_SUBSCRIBED/)
})

test('a delivery determines the outcome, regardless of the current settings of its webhook', () => {
  const elsewhere = { eventTypes: ['x'], deletedAt: at(1), tenantId: 'other' }
  expect(verdict(elsewhere, { status: 'DELIVERED', attemptCount: 2, completedAt: at(9) })).toBe(
    'DELIVERED: it was delivered after 2 of 3 attempts, at 2026-03-01T12:00:09.000Z',
  )
  expect(verdict({}, {})).toMatch(/^IN_PROGRESS/)
  expect(verdict({}, { status: 'FAILED', attemptCount: 1, nextAttemptAt: at(300), lastError: '503' })).toBe(
    'IN_PROGRESS: 1 of 3 attempts failed, the next is at 2026-03-01T12:05:00.000Z: 503',
  )
  expect(verdict({ state: 'PAUSED' }, {})).toMatch(/^HELD: .*is paused/)
  expect(verdict({ circuit: 'HALF_OPEN' }, { status: 'FAILED' })).toMatch(/^HELD: .*open circuit/)
  expect(verdict({}, { holdReason: 'RATE_LIMITED' })).toMatch(/^HELD: .*rate limit/)
  expect(verdict({ circuit: 'OPEN' }, { isLeased: true })).toMatch(/^IN_PROGRESS/)
  expect(verdict({}, { status: 'DEAD_LETTER', attemptCount: 3, lastError: 'timeout' })).toBe(
    'FAILED: 3 of 3 attempts failed and none is left: timeout',
  )
  expect(verdict({}, { status: 'CANCELLED', lastError: 'cancelled by me: no' })).toMatch(/^FAILED: it was cancelled/)
})

test('the newest delivery determines the outcome: a delivered replay replaces a dead letter', () => {
  const dead = delivery({ status: 'DEAD_LETTER', attemptCount: 3 })
  const replay = delivery({
    id: '0195500c-0000-7000-8000-000000000001',
    status: 'DELIVERED',
    attemptCount: 1,
    completedAt: at(60),
    replayOfId: dead.id,
  })
  const rows = explain(EVENT, [webhook()], [replay, dead], {
    visibleToTenants: false,
    route: null,
  })
  expect(rows).toMatchObject([{ outcome: 'DELIVERED', delivery: { id: replay.id } }])
  expect(rows[0]?.reason).toContain('as a replay')
})
