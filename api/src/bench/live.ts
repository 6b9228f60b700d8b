import { PUBLISH_MANY, recorded, sample } from './row.ts'
import type { Stack } from './stack.ts'

const LIVE_PER_SECOND = 100

/**
 * Publishes `events` events at LIVE_PER_SECOND and returns the p99 (ms) of the time from publishing to the stored
 * outcome. `done` is the number of the tenant's deliveries that are already delivered.
 */
export async function liveP99(stack: Stack, tenantId: string, events: number, done: number): Promise<number> {
  const began = new Date().toISOString()
  for (let i = 0; i < events; i++) {
    const next = performance.now() + 1_000 / LIVE_PER_SECOND
    void stack.graphql(PUBLISH_MANY, { input: [sample(tenantId, i)] })
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())))
  }
  await recorded(stack, tenantId, done + events, 60_000, () => {})
  const { rows } = await stack.db.query<{ p99: number }>(
    `SELECT percentile_cont(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM completed_at - created_at) * 1000)::float8 AS p99
     FROM deliveries WHERE tenant_id = $1 AND created_at >= $2`,
    [tenantId, began],
  )
  return rows[0]?.p99 ?? Number.NaN
}
