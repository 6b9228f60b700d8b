import { DEFAULT_RETRY_SCHEDULE } from '../../api/src/webhooks/retry-schedule.ts'
import type { Severity, WebhookKind, WebhookState } from '../generated/client/enums.ts'
import { type Answer, answered, cut, expired, refused, timedOut, unresolved } from './answers.ts'
import type { DemoEvent } from './events.ts'
import type { Chance } from './random.ts'

export const TENANTS = [
  { id: 'default', name: 'Default', retentionDays: null },
  { id: 'tenant-1', name: 'Tenant 1', retentionDays: null },
  { id: 'tenant-2', name: 'Tenant 2', retentionDays: null },
  { id: 'tenant-acme', name: 'Acme', retentionDays: 90 },
  { id: 'tenant-demo', name: 'Demo', retentionDays: null },
] as const

/** The data about a request that a simulated receiver uses to answer. */
export interface Moment {
  hoursAgo: number
  event: DemoEvent
  chance: Chance
}

/** A past action of an operator. */
export interface Act {
  hoursAgo: number
  does: 'replay dead letters' | 'replay what is retried' | 'cancel'
  atMost: number
  reason?: string
}

/** A demo webhook and the behaviour of its receiver. */
export interface DemoWebhook {
  name: string
  tenantId: string | null
  /** A path of the demo receiver, or a complete URL. */
  path: string
  kind: WebhookKind
  eventTypes: readonly string[]
  minSeverity: Severity
  state: WebhookState
  /** How long the webhook has been paused, in hours; null if it is not paused. */
  pausedHoursAgo: number | null
  circuitBreaker: boolean
  retrySchedule: readonly number[]
  timeoutMs: number
  ratePerSecond: number | null
  headers: Readonly<Record<string, string>>
  createdDaysAgo: number
  answer: (moment: Moment) => Answer
  acts: readonly Act[]
}

type Behaviour = DemoWebhook['answer']

const healthy =
  (ms: number): Behaviour =>
  ({ chance }) =>
    answered(200, 'ok', chance.latency(ms))

/** Behaves differently for a time, which is given in hours before now. */
const during =
  (from: number, until: number, then: Behaviour, else_: Behaviour): Behaviour =>
  (moment) =>
    moment.hoursAgo <= from && moment.hoursAgo > until ? then(moment) : else_(moment)

const failing =
  (status: number, body: string, ms = 30): Behaviour =>
  ({ chance }) =>
    answered(status, body, chance.latency(ms))

/** Refuses certain events every time, as if the receiver could not process them. */
const poison =
  (oneIn: number, then: Behaviour, else_: Behaviour): Behaviour =>
  (moment) =>
    Number.parseInt(moment.event.id.slice(-4), 16) % oneIn === 0 ? then(moment) : else_(moment)

const flaky: Behaviour = ({ chance }) =>
  chance.happens(1 / 3)
    ? answered(503, 'flaky: every third request fails; try again', chance.latency(12))
    : answered(200, 'ok, this time', chance.latency(14))

const slow: Behaviour = ({ chance }) =>
  chance.happens(0.01) ? timedOut : answered(200, 'ok, after a while', 2_000 + chance.latency(15))

const down = failing(503, 'down: this path refuses everything until its behaviour is changed', 8)

/** The current outage of the demo began 24 minutes ago. */
const DOWN_HOURS_AGO = 0.4

/** Minutes of success and minutes of failure alternate. */
const flapping: Behaviour = (moment) =>
  Math.floor(moment.hoursAgo * 12) % 2 === 0 ? failing(503, 'restarting', 20)(moment) : healthy(40)(moment)

const DEFAULTS: Omit<DemoWebhook, 'name' | 'tenantId' | 'path' | 'answer'> = {
  kind: 'STANDARD',
  eventTypes: [],
  minSeverity: 'INFO',
  state: 'ENABLED',
  pausedHoursAgo: null,
  circuitBreaker: true,
  retrySchedule: DEFAULT_RETRY_SCHEDULE,
  timeoutMs: 15_000,
  ratePerSecond: null,
  headers: {},
  createdDaysAgo: 21,
  acts: [],
}

/**
 * The demo webhooks. Webhooks with external receivers are paused or disabled, so that the demo sends nothing to other
 * machines.
 */
export const WEBHOOKS: readonly DemoWebhook[] = [
  {
    ...DEFAULTS,
    name: 'Operations archive',
    tenantId: null,
    path: '/archive',
    eventTypes: ['ops.*', 'service.*', 'autoheal.*', 'security.*', 'webhook.*', 'platform.*'],
    answer: healthy(14),
  },
  {
    ...DEFAULTS,
    name: 'On-call (Teams)',
    tenantId: null,
    path: '/teams',
    kind: 'TEAMS',
    minSeverity: 'ERROR',
    ratePerSecond: 4,
    answer: during(
      44,
      43.2,
      ({ chance }) => answered(429, 'slow down', chance.latency(40), { 'retry-after': '30' }),
      healthy(120),
    ),
  },
  {
    ...DEFAULTS,
    name: 'Order and billing sync',
    tenantId: 'tenant-1',
    path: '/sync',
    headers: { 'X-Environment': 'demo', Authorization: 'Bearer demo-token' },
    answer: during(33, 32.6, ({ chance }) => cut(chance.latency(20)), healthy(22)),
  },
  {
    ...DEFAULTS,
    name: 'Billing bridge',
    tenantId: 'tenant-1',
    path: '/billing',
    eventTypes: ['invoice.*', 'payment.*'],
    circuitBreaker: false,
    retrySchedule: [5, 30, 120],
    timeoutMs: 5_000,
    answer: during(
      52,
      50,
      ({ chance }) => refused(chance.latency(2)),
      during(31, 29.5, () => timedOut, during(2, 1.2, failing(502, 'Bad Gateway'), healthy(65))),
    ),
    // Its last outage is over, and all its dead letters have been recovered.
    acts: [
      { hoursAgo: 49, does: 'replay dead letters', atMost: 400 },
      { hoursAgo: 28, does: 'replay dead letters', atMost: 400 },
      { hoursAgo: 1, does: 'replay dead letters', atMost: 400 },
    ],
  },
  {
    ...DEFAULTS,
    name: 'Partner feed',
    tenantId: 'tenant-2',
    path: '/flaky',
    answer: during(1.5, 0, flapping, flaky),
  },
  {
    ...DEFAULTS,
    name: 'Legacy ERP bridge',
    tenantId: 'tenant-2',
    path: '/down',
    eventTypes: ['order.*'],
    retrySchedule: [],
    answer: during(DOWN_HOURS_AGO, 0, down, healthy(210)),
    acts: [{ hoursAgo: DOWN_HOURS_AGO / 4, does: 'cancel', atMost: 1, reason: 'entered into the ERP by hand' }],
  },
  {
    ...DEFAULTS,
    name: 'On-call (Slack)',
    tenantId: 'tenant-acme',
    path: '/slack',
    kind: 'SLACK',
    minSeverity: 'WARNING',
    answer: healthy(180),
  },
  {
    ...DEFAULTS,
    name: 'Integration hub',
    tenantId: 'tenant-acme',
    path: '/hub',
    answer: during(21, 17.5, failing(500, '{"error":"database is locked"}', 45), healthy(38)),
    acts: [{ hoursAgo: 17.6, does: 'replay what is retried', atMost: 2 }],
  },
  {
    ...DEFAULTS,
    name: 'CRM enrichment',
    tenantId: 'tenant-acme',
    path: '/crm',
    eventTypes: ['lead.*', 'activity.*'],
    answer: poison(4, failing(422, '{"error":"unknown field: origin"}', 25), healthy(85)),
    acts: [{ hoursAgo: 12, does: 'cancel', atMost: 2, reason: 'leads of a test import' }],
  },
  {
    ...DEFAULTS,
    name: 'Data warehouse (moving)',
    tenantId: 'tenant-acme',
    path: '/warehouse',
    eventTypes: ['lead.*', 'invoice.*', 'payment.*'],
    state: 'PAUSED',
    pausedHoursAgo: 6,
    answer: healthy(160),
  },
  {
    ...DEFAULTS,
    name: 'Old CRM',
    tenantId: 'tenant-acme',
    path: 'https://crm-old.example/hooks/aetherlink',
    eventTypes: ['lead.*'],
    state: 'DISABLED',
    createdDaysAgo: 200,
    answer: during(
      31,
      30,
      failing(500, 'Internal Server Error', 400),
      during(30, 0, failing(410, 'This service has been switched off.', 60), healthy(230)),
    ),
  },
  {
    ...DEFAULTS,
    name: 'Partner hub',
    tenantId: 'tenant-1',
    path: 'https://hub.partner.example/in/aetherlink',
    eventTypes: ['lead.*', 'invoice.*'],
    state: 'PAUSED',
    pausedHoursAgo: 9,
    circuitBreaker: false,
    retrySchedule: [10, 60],
    answer: during(
      64,
      61,
      ({ chance }) => expired(chance.latency(70)),
      during(
        40,
        37.5,
        ({ chance }) => unresolved(chance.latency(5)),
        during(
          13,
          11,
          ({ chance }) =>
            answered(301, '', chance.latency(50), { location: 'https://hub2.partner.example/in/aetherlink' }),
          healthy(140),
        ),
      ),
    ),
  },
  {
    ...DEFAULTS,
    name: 'Demo: healthy',
    tenantId: 'tenant-demo',
    path: '/healthy',
    createdDaysAgo: 5,
    answer: healthy(9),
  },
  { ...DEFAULTS, name: 'Demo: flaky', tenantId: 'tenant-demo', path: '/flaky', createdDaysAgo: 5, answer: flaky },
  {
    ...DEFAULTS,
    name: 'Demo: slow',
    tenantId: 'tenant-demo',
    path: '/slow',
    eventTypes: ['order.*'],
    createdDaysAgo: 5,
    answer: slow,
  },
  {
    ...DEFAULTS,
    name: 'Demo: down',
    tenantId: 'tenant-demo',
    path: '/down',
    eventTypes: ['order.created'],
    createdDaysAgo: 5,
    answer: during(8, 0, down, healthy(9)),
  },
  {
    ...DEFAULTS,
    name: 'Demo: Discord',
    tenantId: 'tenant-demo',
    path: '/discord',
    kind: 'DISCORD',
    minSeverity: 'WARNING',
    createdDaysAgo: 5,
    answer: healthy(150),
  },
]
