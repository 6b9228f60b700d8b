import { Pool } from 'undici'
import { publicId, tryUuid } from '../../kit/ids.ts'
import { percentile } from '../figures.ts'
import { atRate, hammer, wallClock } from '../load.ts'
import {
  createWebhook,
  deleteWebhook,
  forgetArrivals,
  freshTenant,
  PUBLISH,
  type Row,
  receiverRecord,
  sample,
} from '../row.ts'
import type { Stack } from '../stack.ts'

const RULES = 1_000
const FEW_RULES = 10
const RATE = 300
const SECONDS = 10
/** One event in this many reaches the threshold of a rule. */
const CROSSES_EVERY = 10
const CONNECTIONS = 64
const ALERTED = 'bench.alerted'

/**
 * The time from publishing an event that reaches a threshold until its notification arrives, and what rules that do not
 * match cost an append.
 */
export const alerts: Row = {
  name: 'alerts',
  async run(stack, { scale, advance }) {
    const rules = Math.max(FEW_RULES, Math.round(RULES * scale))
    const total = Math.max(RATE, Math.round(RATE * SECONDS * scale))
    const notified = await notificationTimes(stack, rules, total, (part) => advance(0.5 * part))
    const few = await publishesPerSecond(stack, FEW_RULES, scale)
    advance(0.75)
    const many = await publishesPerSecond(stack, rules, scale)
    const figure = (p: number, goal: number) => ({
      name: `alerts-p${p}`,
      what: `threshold crossed to notification received, ${rules} rules, ${RATE} events/s, p${p}`,
      unit: 'ms',
      value: percentile(notified, p),
      limit: null,
      goal: { value: goal, atMost: true },
    })
    return [
      figure(50, 50),
      figure(99, 500),
      {
        name: 'alerts-publish',
        what: `publishEvent/s with ${rules} rules that do not match, as a part of that with ${FEW_RULES}`,
        unit: '',
        value: many / few,
        limit: null,
        goal: { value: 0.9, atMost: false },
      },
    ]
  },
}

/** Publishes events and returns, for each that reaches a threshold, the milliseconds until its notification arrives. */
async function notificationTimes(
  stack: Stack,
  rules: number,
  total: number,
  advance: (part: number) => void,
): Promise<number[]> {
  const tenantId = freshTenant()
  const webhook = await createWebhook(stack, tenantId, '/timed', { eventTypes: ['ops.alert.*'] })
  const crossing = Math.min(rules, Math.floor(total / CROSSES_EVERY))
  await insertRules(stack, tenantId, rules, (n) => `${ALERTED}.${n}`)
  await forgetArrivals(stack)
  const pool = new Pool(stack.apiOrigin, { connections: CONNECTIONS, pipelining: 1 })
  const sentAt = new Map<string, number>()
  await atRate(RATE, total, async (i) => {
    const rule = i / CROSSES_EVERY
    const crosses = Number.isInteger(rule) && rule < crossing
    const input = crosses ? { ...sample(tenantId, i), type: `${ALERTED}.${rule}` } : sample(tenantId, i)
    const at = wallClock()
    const body = JSON.stringify({ query: PUBLISH, variables: { input } })
    const response = await pool.request({ method: 'POST', path: '/graphql', headers: stack.headers, body })
    const answer = (await response.body.json()) as { data: { publishEvent: { event: { id: string } } } }
    if (crosses) sentAt.set(answer.data.publishEvent.event.id, at)
    if (i % 100 === 0) advance(i / total)
  })
  await pool.close()
  const arrived = await arrivals(stack, crossing)
  const { rows } = await stack.db.query<{ id: string; cause: string }>(
    `SELECT id, causation_id AS cause FROM events WHERE tenant_id = $1 AND type = 'ops.alert.raised'`,
    [tenantId],
  )
  if (rows.length !== crossing) throw new Error(`${rows.length} alerts were raised by ${crossing} events`)
  await stack.db.query('DELETE FROM alert_rules WHERE tenant_id = $1', [tenantId])
  await deleteWebhook(stack, webhook)
  return rows.map(({ id, cause }) => arrived[publicId('evt', id)]! - sentAt.get(cause)!)
}

/** Waits until `count` notifications have arrived, and returns when, by the id of the event. */
async function arrivals(stack: Stack, count: number): Promise<Record<string, number>> {
  const arrived: Record<string, number> = {}
  const deadline = Date.now() + 30_000
  while (Object.keys(arrived).filter((id) => tryUuid('evt', id)).length < count) {
    if (Date.now() > deadline) throw new Error(`${Object.keys(arrived).length} of ${count} notifications arrived`)
    Object.assign(arrived, await receiverRecord(stack, 'arrivals'))
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return arrived
}

async function publishesPerSecond(stack: Stack, rules: number, scale: number): Promise<number> {
  const tenantId = freshTenant()
  // Half of the rules have exact types and half have prefixes, as is typical.
  await insertRules(stack, tenantId, rules, (n) => (n % 2 === 0 ? `other.${n}` : `other.${n}.*`))
  const perSecond = await hammer({
    origin: stack.apiOrigin,
    path: '/graphql',
    headers: stack.headers,
    connections: CONNECTIONS,
    total: Math.max(1_000, Math.round(10_000 * scale)),
    body: (i) => JSON.stringify({ query: PUBLISH, variables: { input: sample(tenantId, i) } }),
    check: (status, body) => {
      if (status !== 200 || body.includes('"errors"')) throw new Error(`publishEvent answered ${status}: ${body}`)
    },
  })
  await stack.db.query('DELETE FROM alert_rules WHERE tenant_id = $1', [tenantId])
  return perSecond
}

/** Stores enabled rules with a threshold of one event. The next append notices that the rules have changed. */
const insertRules = (stack: Stack, tenantId: string, count: number, eventTypeOf: (n: number) => string) =>
  stack.db.query(
    `INSERT INTO alert_rules (id, name, tenant_id, event_type, severity, window_seconds, threshold, group_by, repeat_interval_seconds,
       webhook_ids, updated_at)
     SELECT gen_random_uuid(), t, $1, t, 'ERROR', 300, 1, '{}', 14400, '{}', now() FROM unnest($2::text[]) AS t`,
    [tenantId, Array.from({ length: count }, (_, n) => eventTypeOf(n))],
  )
