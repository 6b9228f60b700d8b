import { percentile } from '../../figures.ts'
import { createWebhook, deleteWebhook, freshTenant, type Row } from '../../row.ts'
import { latencies } from './latency.ts'

/** The p99 of a healthy webhook: alone, and while another webhook gets the same events and its receiver hangs. */
export const isolation: Row = {
  name: 'isolation',
  async run(stack, { scale, advance }) {
    const total = Math.max(300, Math.round(3_000 * scale))
    const alone = freshTenant()
    const first = await createWebhook(stack, alone, '/timed')
    const without = percentile(await latencies(stack, alone, total, (part) => advance(part / 2)), 99)
    await deleteWebhook(stack, first)
    const beside = freshTenant()
    const second = await createWebhook(stack, beside, '/timed')
    const hanging = await createWebhook(stack, beside, '/hang', { circuitBreaker: false, timeoutMs: 5_000 })
    const withOne = percentile(await latencies(stack, beside, total, (part) => advance(0.5 + part / 2)), 99)
    await deleteWebhook(stack, second)
    await deleteWebhook(stack, hanging)
    return [
      {
        name: 'isolation',
        what: "healthy webhook's p99 beside one that hangs",
        unit: 'x',
        value: withOne / without,
        limit: null,
        goal: { value: 1.5, atMost: true },
      },
    ]
  },
}
