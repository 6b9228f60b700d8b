import type { Figure } from '../figures.ts'
import { hammer } from '../load.ts'
import { freshTenant, PUBLISH, type Row, sample } from '../row.ts'
import { serialPart, throughputOf } from '../scaling.ts'
import type { Stack } from '../stack.ts'
import { deliveriesPerSecond } from './delivery/two-workers.ts'

const EVENTS = 10_000
const PUBLISHES = 8_000
const CONNECTIONS = 64
const WORKERS = [1, 2, 4]
const PUBLISHERS = [1, 4, 16]
/** Kept small so that the pools of 16 processes fit within one PostgreSQL server's connection limit. */
const POOL = '3'

/** Throughput by the number of workers and of publishing processes, compared with the model in docs/scale.md. */
export const scale: Row = {
  name: 'scale',
  onlyNamed: true,
  async run(stack, { scale: size, advance }) {
    const publishes = Math.max(1_000, Math.round(PUBLISHES * size))
    const events = Math.max(800, Math.round(EVENTS * size))
    const publishing: number[] = []
    const origins: string[] = []
    for (const [i, count] of PUBLISHERS.entries()) {
      while (origins.length < count) origins.push(await stack.anotherApi('server.js', { DATABASE_POOL: POOL }))
      publishing.push(await publishesPerSecond(stack, origins, publishes))
      advance((i + 1) / 6)
    }
    const delivering: number[] = []
    for (const [i, count] of WORKERS.entries()) {
      while (delivering.length > 0 && (await workersOf(stack)) < count) await stack.startWorker()
      delivering.push(await deliveriesPerSecond(stack, events, (part) => advance((3 + i + part) / 6)))
    }
    return [
      ...figures('publishEvent mutations/s through', 'publishing processes', PUBLISHERS, publishing),
      ...figures('deliveries/s, published to recorded, by', 'worker processes', WORKERS, delivering),
    ]
  },
}

/** The serial part of the model is computed from the first two counts. The third count tests the model. */
function figures(what: string, of: string, counts: readonly number[], measured: readonly number[]): Figure[] {
  const [one = Number.NaN, some = Number.NaN] = measured
  const part = serialPart(one, some, counts[1]!)
  return counts.map((count, i) => ({
    name: `scale ${count} ${of}`,
    what: `${what} ${count} ${of}`,
    unit: '/s',
    value: measured[i]!,
    limit: { what: `model, serial part ${part.toFixed(2)}`, value: throughputOf(one, part, count) },
    goal: { value: 0.7 * throughputOf(one, part, count), atMost: false },
  }))
}

async function publishesPerSecond(stack: Stack, origins: readonly string[], total: number): Promise<number> {
  const tenantId = freshTenant()
  const body = JSON.stringify({ query: PUBLISH, variables: { input: sample(tenantId, 0) } })
  const check = (status: number, text: string) => {
    if (status !== 200 || text.includes('"errors"'))
      throw new Error(`GraphQL answered ${status}: ${text.slice(0, 300)}`)
  }
  const started = performance.now()
  await Promise.all(
    origins.map((origin) =>
      hammer({
        origin,
        path: '/graphql',
        headers: stack.headers,
        connections: Math.max(1, CONNECTIONS / origins.length),
        total: Math.ceil(total / origins.length),
        body: () => body,
        check,
      }),
    ),
  )
  return total / ((performance.now() - started) / 1_000)
}

async function workersOf({ db }: Stack): Promise<number> {
  const { rows } = await db.query<{ count: number }>('SELECT count(*)::int AS count FROM workers')
  return rows[0]?.count ?? 0
}
