import { uuidFloor } from '../../kit/ids.ts'
import { percentile } from '../figures.ts'
import { createWebhook, freshTenant, PUBLISH_MANY, type Row, recorded, sample } from '../row.ts'
import { slopeOf } from '../scaling.ts'
import type { Stack } from '../stack.ts'
import { deliveriesPerSecond } from './delivery/two-workers.ts'

const MAXIMUM_EVENTS = 20_000
const PART_OF_MAXIMUM = 0.7
const BATCH = 20
const SAMPLES = 60
const MINUTE_MS = 60_000
const DRAIN_MS = 300_000

/** Memory and latency at one time of the run. */
interface Sample {
  /** Minutes since the run began. */
  at: number
  bytes: number
  p99: number
}

/** A steady load at 70 % of the measured maximum for --minutes: what grows, what becomes slower, and what gets lost. */
export const soak: Row = {
  name: 'soak',
  once: true,
  onlyNamed: true,
  async run(stack, { scale, minutes, advance }) {
    const maximum = await deliveriesPerSecond(stack, Math.max(2_000, MAXIMUM_EVENTS * scale), () => {})
    const tenantId = freshTenant()
    await createWebhook(stack, tenantId, '/ok')
    const { published, samples } = await load(stack, tenantId, PART_OF_MAXIMUM * maximum, minutes, advance)
    await recorded(stack, tenantId, published, DRAIN_MS, () => {}).catch(() => {}) // the count below says what is missing
    const { rows } = await stack.db.query<{ delivered: number }>(
      `SELECT count(DISTINCT event_id)::int AS delivered FROM deliveries WHERE tenant_id = $1 AND status = 'DELIVERED'`,
      [tenantId],
    )
    // During the first half, caches still fill and code is still compiled.
    const settled = samples.slice(Math.floor(samples.length / 2))
    const quarter = Math.max(1, Math.floor(samples.length / 4))
    const p99Of = (some: readonly Sample[]) =>
      percentile(
        some.map(({ p99 }) => p99),
        50,
      )
    const rate = `${Math.round(PART_OF_MAXIMUM * maximum)}/s for ${minutes} min`
    return [
      {
        name: 'soak memory',
        what: `memory of API and worker grows by, second half of ${rate}`,
        unit: 'MB/h',
        value: slopeOf(settled.map(({ at, bytes }) => [at / 60, bytes / 1e6])),
        limit: null,
        goal: { value: 20, atMost: true },
      },
      {
        name: 'soak latency',
        what: `published to recorded at ${rate}, p99, last quarter`,
        unit: 'ms',
        value: p99Of(samples.slice(-quarter)),
        limit: { what: 'first quarter', value: p99Of(samples.slice(0, quarter)) },
        goal: { value: 1.5 * p99Of(samples.slice(0, quarter)), atMost: true },
      },
      {
        name: 'soak lost',
        what: `of ${published.toLocaleString('en-US')} events not delivered`,
        unit: 'lost',
        value: published - (rows[0]?.delivered ?? 0),
        limit: null,
        goal: { value: 0, atMost: true },
      },
    ]
  },
}

async function load(
  stack: Stack,
  tenantId: string,
  perSecond: number,
  minutes: number,
  advance: (part: number) => void,
): Promise<{ published: number; samples: Sample[] }> {
  const began = Date.now()
  const ends = began + minutes * MINUTE_MS
  const stretch = Math.max(1_000, (minutes * MINUTE_MS) / SAMPLES)
  const samples: Sample[] = []
  const underWay = new Set<Promise<unknown>>()
  let published = 0
  let failure: unknown
  let nextSample = began + stretch
  while (Date.now() < ends) {
    if (failure) throw failure
    if (Date.now() >= nextSample) {
      samples.push({
        at: (Date.now() - began) / MINUTE_MS,
        bytes: stack.memory(),
        p99: await p99Of(stack, nextSample - stretch, nextSample),
      })
      nextSample += stretch
      advance((Date.now() - began) / (minutes * MINUTE_MS))
    }
    const due = Math.floor(((Date.now() - began) / 1_000) * perSecond)
    while (published + BATCH <= due) {
      const input = Array.from({ length: BATCH }, (_, k) => sample(tenantId, published + k))
      published += BATCH
      const publishing = stack.graphql(PUBLISH_MANY, { input }).catch((error: unknown) => {
        failure = error
      })
      underWay.add(publishing)
      void publishing.finally(() => underWay.delete(publishing))
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await Promise.all(underWay)
  if (failure) throw failure
  return { published, samples }
}

/**
 * The p99 (ms) from publishing to the stored outcome, of the events that were published from `from` to `to` and are
 * delivered. The bounds are ids, so that few rows are read.
 */
async function p99Of({ db }: Stack, from: number, to: number): Promise<number> {
  const { rows } = await db.query<{ p99: number | null }>(
    `SELECT percentile_cont(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM completed_at - created_at) * 1000)::float8 AS p99
     FROM deliveries WHERE id >= $1 AND id < $2 AND status = 'DELIVERED'`,
    [uuidFloor(from), uuidFloor(to)],
  )
  return rows[0]?.p99 ?? Number.NaN
}
