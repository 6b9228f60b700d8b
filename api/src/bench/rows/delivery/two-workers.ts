import {
  arrivalsOf,
  createWebhook,
  deleteWebhook,
  forgetArrivals,
  freshTenant,
  publishAll,
  type Row,
  recorded,
  sample,
} from '../../row.ts'
import type { Stack } from '../../stack.ts'

const EVENTS = 20_000
/** Several webhooks, because each lane belongs to one worker. */
const WEBHOOKS = 8
const RATE = 50
const SECONDS = 10

/** Two workers: deliveries per second compared with one worker, and a rate limit that applies to both together. */
export const twoWorkers: Row = {
  name: 'two-workers',
  async run(stack, { scale, advance }) {
    const events = Math.max(800, Math.round(EVENTS * scale))
    const one = await deliveriesPerSecond(stack, events, (part) => advance(0.3 * part))
    await stack.startWorker()
    const two = await deliveriesPerSecond(stack, events, (part) => advance(0.3 + 0.3 * part))
    const perSecond = await receivedPerSecond(stack, (part) => advance(0.6 + 0.4 * part))
    const what = `received per second at a limit of ${RATE}/s that two workers hold together`
    return [
      {
        name: 'two-workers',
        what: 'deliveries/s of two workers, published to recorded',
        unit: '/s',
        value: two,
        limit: { what: 'one worker', value: one },
        goal: { value: 5_000, atMost: false },
      },
      {
        name: 'rate most',
        what: `most ${what}`,
        unit: '/s',
        value: Math.max(...perSecond),
        limit: null,
        goal: { value: 55, atMost: true },
      },
      {
        name: 'rate fewest',
        what: `fewest ${what}`,
        unit: '/s',
        value: Math.min(...perSecond),
        limit: null,
        goal: { value: 45, atMost: false },
      },
    ]
  },
}

/**
 * Deliveries per second of all running workers over eight webhooks, from the first publish to the last stored outcome.
 */
export async function deliveriesPerSecond(
  stack: Stack,
  events: number,
  advance: (part: number) => void,
): Promise<number> {
  const tenantId = freshTenant()
  const type = (n: number) => `shared.n${n % WEBHOOKS}`
  const webhooks: string[] = []
  for (let n = 0; n < WEBHOOKS; n++)
    webhooks.push(await createWebhook(stack, tenantId, '/ok', { eventTypes: [type(n)] }))
  const started = performance.now()
  await Promise.all([
    publishAll(
      stack,
      Array.from({ length: events }, (_, i) => ({ ...sample(tenantId, i), type: type(i) })),
    ),
    recorded(stack, tenantId, events, 120_000, (done) => advance(done / events)),
  ])
  const perSecond = events / ((performance.now() - started) / 1_000)
  for (const webhook of webhooks) await deleteWebhook(stack, webhook)
  return perSecond
}

/** Requests received in each second. The first second is left out, because the bucket is full then. */
async function receivedPerSecond(stack: Stack, advance: (part: number) => void): Promise<number[]> {
  const tenantId = freshTenant()
  const webhook = await createWebhook(stack, tenantId, '/timed', { ratePerSecond: RATE })
  await forgetArrivals(stack)
  const total = RATE * (SECONDS + 2)
  await publishAll(
    stack,
    Array.from({ length: total }, (_, i) => sample(tenantId, i)),
  )
  const arrived = await arrivalsOf(stack, total, 120_000, (done) => advance(done / total))
  await deleteWebhook(stack, webhook)
  const times = [...arrived.values()]
  const first = Math.min(...times)
  const seconds = Array<number>(SECONDS).fill(0)
  for (const at of times) {
    const second = Math.floor((at - first) / 1_000) - 1
    if (second >= 0 && second < SECONDS) seconds[second] = (seconds[second] ?? 0) + 1
  }
  return seconds
}
