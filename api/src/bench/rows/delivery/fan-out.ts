import { percentile } from '../../figures.ts'
import { wallClock } from '../../load.ts'
import { arrivalsOf, createWebhook, forgetArrivals, freshTenant, publishAll, type Row, sample } from '../../row.ts'
import type { Stack } from '../../stack.ts'

const WEBHOOKS = 3_000
const HANGING = 500
const FAN_OUT = 5_000
const CREATED_AT_ONCE = 16

/** Many webhooks with one event each. A sixth of the receivers never answer; the latency of the others is measured. */
export const manyWebhooks: Row = {
  name: 'many-webhooks',
  once: true,
  async run(stack, { scale, advance }) {
    const count = Math.max(60, Math.round(WEBHOOKS * scale))
    const hanging = Math.round((count * HANGING) / WEBHOOKS)
    const tenantId = freshTenant()
    const isHanging = (i: number) => i % Math.round(count / hanging) === 0
    await createMany(
      stack,
      tenantId,
      count,
      (done) => advance((0.7 * done) / count),
      (i) => ({
        path: isHanging(i) ? '/hang' : '/timed',
        input: { eventTypes: [`lane.n${i}`] },
      }),
    )
    await forgetArrivals(stack)
    const indices = Array.from({ length: count }, (_, i) => i)
    const sentAt = wallClock()
    const ids = await publishAll(
      stack,
      indices.map((i) => ({ ...sample(tenantId, i), type: `lane.n${i}` })),
    )
    const healthy = ids.filter((_, i) => !isHanging(i))
    const arrived = await arrivalsOf(stack, healthy.length, 120_000, (done) => advance(0.7 + (0.3 * done) / count))
    return [
      {
        name: 'many-webhooks',
        what: `${count.toLocaleString('en')} webhooks with one event each, ${hanging} hanging: p99 of the others from the first publish`,
        unit: 'ms',
        value: percentile(
          healthy.map((id) => (arrived.get(id) ?? Number.NaN) - sentAt),
          99,
        ),
        limit: null,
        goal: { value: 2_000, atMost: true },
      },
    ]
  },
}

/** One event that many webhooks get. */
export const fanOut: Row = {
  name: 'fan-out',
  once: true,
  async run(stack, { scale, advance }) {
    const count = Math.max(50, Math.round(FAN_OUT * scale))
    const tenantId = freshTenant()
    await createMany(
      stack,
      tenantId,
      count,
      (done) => advance((0.8 * done) / count),
      (i) => ({
        path: `/timed/${i}`,
        input: {},
      }),
    )
    await forgetArrivals(stack)
    const sentAt = wallClock()
    await publishAll(stack, [sample(tenantId, 0)])
    const arrived = await arrivalsOf(stack, count, 120_000, (done) => advance(0.8 + (0.2 * done) / count))
    return [
      {
        name: 'fan-out',
        what: `one event for ${count.toLocaleString('en')} webhooks, until all have received it`,
        unit: 's',
        value: (Math.max(...arrived.values()) - sentAt) / 1_000,
        limit: null,
        goal: { value: 5, atMost: true },
      },
    ]
  },
}

async function createMany(
  stack: Stack,
  tenantId: string,
  count: number,
  advance: (done: number) => void,
  webhookOf: (i: number) => { path: string; input: object },
): Promise<void> {
  let next = 0
  const create = async () => {
    while (next < count) {
      const { path, input } = webhookOf(next++)
      await createWebhook(stack, tenantId, path, input)
      advance(next)
    }
  }
  await Promise.all(Array.from({ length: CREATED_AT_ONCE }, create))
}
