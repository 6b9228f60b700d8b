import { Pool } from 'undici'
import { percentile } from '../../figures.ts'
import { atRate, wallClock } from '../../load.ts'
import {
  createWebhook,
  deleteWebhook,
  forgetArrivals,
  freshTenant,
  PUBLISH,
  type Row,
  receiverRecord,
  sample,
} from '../../row.ts'
import type { Stack } from '../../stack.ts'

const RATE = 300
const SECONDS = 10

/**
 * The latency from publishing (the client sends the mutation) to arrival at the receiver, at a rate far below the
 * maximum.
 */
export const latency: Row = {
  name: 'latency',
  async run(stack, { scale, advance }) {
    const total = Math.max(RATE, Math.round(RATE * SECONDS * scale))
    const bare = await bareLatencies(stack, total)
    advance(0.4)
    const tenantId = freshTenant()
    const webhook = await createWebhook(stack, tenantId, '/timed')
    const through = await latencies(stack, tenantId, total, (done) => advance(0.4 + 0.6 * done))
    await deleteWebhook(stack, webhook)
    const figure = (p: number, goal: number) => ({
      name: `latency-p${p}`,
      what: `published to received at ${RATE}/s, p${p}`,
      unit: 'ms',
      value: percentile(through, p),
      limit: { what: 'one loopback POST', value: percentile(bare, p) },
      goal: { value: goal, atMost: true },
    })
    return [figure(50, 5), figure(99, 25)]
  },
}

/** Publishes `total` events at RATE and returns their latencies (ms). The webhook's path must be /timed. */
export async function latencies(
  stack: Stack,
  tenantId: string,
  total: number,
  advance: (part: number) => void,
): Promise<number[]> {
  await forgetArrivals(stack)
  const pool = new Pool(stack.apiOrigin, { connections: 64, pipelining: 1 })
  const sentAt = new Map<string, number>()
  await atRate(RATE, total, async (i) => {
    const at = wallClock()
    const body = JSON.stringify({ query: PUBLISH, variables: { input: sample(tenantId, i) } })
    const response = await pool.request({ method: 'POST', path: '/graphql', headers: stack.headers, body })
    const answer = (await response.body.json()) as { data: { publishEvent: { event: { id: string } } } }
    sentAt.set(answer.data.publishEvent.event.id, at)
    if (i % 100 === 0) advance(i / total)
  })
  await pool.close()
  const arrived: Record<string, number> = {}
  const deadline = Date.now() + 30_000
  while (Object.keys(arrived).length < total) {
    if (Date.now() > deadline) throw new Error(`${Object.keys(arrived).length} of ${total} events arrived`)
    Object.assign(arrived, await receiverRecord(stack, 'arrivals'))
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return [...sentAt].map(([id, at]) => arrived[id]! - at)
}

async function bareLatencies(stack: Stack, total: number): Promise<number[]> {
  const pool = new Pool(stack.receiverOrigin, { connections: 64, pipelining: 1 })
  const taken: number[] = []
  await atRate(RATE, total, async () => {
    const at = performance.now()
    const response = await pool.request({ method: 'POST', path: '/ok', body: '{}' })
    await response.body.dump()
    taken.push(performance.now() - at)
  })
  await pool.close()
  return taken
}
