import { setTimeout as delay } from 'node:timers/promises'
import { Pool } from 'undici'
import { percentile } from '../figures.ts'
import { wallClock } from '../load.ts'
import { createWebhook, freshTenant, PUBLISH, type Row, receiverRecord, sample } from '../row.ts'
import type { Stack } from '../stack.ts'

const RATE = 300
/** Each lane has one owner, so a restarted worker hands over several lanes. */
const WEBHOOKS = 4
const PATH = '/timed/rolling'
const BEFORE_MS = 15_000
/** How long both APIs share the load, as with `minReadySeconds` of the Helm chart. */
const SHARED_MS = 10_000
/** How long the load goes on after the last process has ended. */
const AFTER_MS = 2_000
/** How long a publisher repeats an event that no API accepts. */
const PATIENCE_MS = 30_000
/** A publisher that every API has refused waits this long. */
const PAUSE_MS = 20
const ARRIVE_MS = 60_000

/**
 * A rolling restart under load, as Kubernetes does it: a second API starts, the first one drains, and then the same with
 * the workers. Publishers know both APIs. One that gets no answer publishes the event again, with the same idempotency
 * key, at the other API.
 */
export const rollingRestart: Row = {
  name: 'rolling-restart',
  async run(stack, { scale, advance }) {
    const tenantId = freshTenant()
    for (let n = 0; n < WEBHOOKS; n++) await createWebhook(stack, tenantId, PATH, { eventTypes: [typeOf(n)] })
    const load = new Load(stack, tenantId)
    load.add(stack.apiOrigin)
    const running = load.run()
    await delay(Math.max(3_000, BEFORE_MS * scale))
    advance(0.5)
    const began = wallClock()
    const restarted = restart(stack, load, (part) => advance(0.5 + 0.3 * part))
    // A load that fails ends the row at once.
    await Promise.race([restarted, running.then(() => restarted)])
    const ended = wallClock()
    await delay(AFTER_MS)
    load.stop()
    await running
    const arrivals = await arrivalsOfAll(stack, load.sentAt)
    advance(1)
    const latencies = { before: [] as number[], during: [] as number[] }
    let lost = 0
    for (const [id, sentAt] of load.sentAt) {
      const arrivedAt = arrivals.get(id)
      if (arrivedAt === undefined) lost++
      else if (sentAt < began) latencies.before.push(arrivedAt - sentAt)
      else if (sentAt < ended) latencies.during.push(arrivedAt - sentAt)
    }
    const before = percentile(latencies.before, 99)
    const events = `${load.sentAt.size.toLocaleString('en-US')} events, ${load.repeated} of them published again`
    return [
      {
        name: 'rolling-restart lost',
        what: `lost in a rolling restart at ${RATE}/s, of ${events}`,
        unit: 'lost',
        value: lost,
        limit: null,
        goal: { value: 0, atMost: true },
      },
      {
        name: 'rolling-restart doubled',
        what: 'received twice in a rolling restart',
        unit: 'doubled',
        value: await doubled(stack, arrivals, load.sentAt),
        limit: null,
        goal: { value: 0, atMost: true },
      },
      {
        name: 'rolling-restart p99',
        what: `published to received during a rolling restart of ${Math.round((ended - began) / 1_000)} s, p99`,
        unit: 'ms',
        value: percentile(latencies.during, 99),
        limit: { what: 'before it', value: before },
        goal: { value: 2 * before, atMost: true },
      },
    ]
  },
}

async function restart(stack: Stack, load: Load, advance: (part: number) => void): Promise<void> {
  const origin = await stack.anotherApi('server.js', {})
  load.add(origin)
  advance(0.25)
  await delay(SHARED_MS)
  // Publishers learn only from their failed requests that the first API no longer accepts any.
  await stack.endApi(stack.apiOrigin)
  await load.remove(stack.apiOrigin)
  advance(0.5)
  await stack.startWorker()
  advance(0.75)
  await stack.endOldestWorker()
}

const typeOf = (n: number) => `rolling.n${n % WEBHOOKS}`

/** Publishes one event after another at RATE to the APIs that it knows, in turn. */
class Load {
  /** When each accepted event was first sent (ms), by its public id. */
  readonly sentAt = new Map<string, number>()
  /** Number of events that were published again because an API did not answer. */
  repeated = 0
  private readonly stack: Stack
  private readonly tenantId: string
  private readonly pools = new Map<string, Pool>()
  private isStopped = false

  constructor(stack: Stack, tenantId: string) {
    this.stack = stack
    this.tenantId = tenantId
  }

  add(origin: string): void {
    this.pools.set(origin, new Pool(origin, { connections: 64, pipelining: 1 }))
  }

  async remove(origin: string): Promise<void> {
    const pool = this.pools.get(origin)
    this.pools.delete(origin)
    await pool?.close()
  }

  stop(): void {
    this.isStopped = true
  }

  /** Resolves after stop(), when every event is accepted. Rejects if one is not accepted within PATIENCE_MS. */
  async run(): Promise<void> {
    const began = performance.now()
    const underWay = new Set<Promise<void>>()
    let failure: unknown
    for (let i = 0; !this.isStopped; i++) {
      const wait = began + (i * 1_000) / RATE - performance.now()
      if (wait > 1) await delay(wait)
      if (failure) throw failure
      const publishing = this.publish(i).catch((error: unknown) => {
        failure = error
      })
      underWay.add(publishing)
      void publishing.finally(() => underWay.delete(publishing))
    }
    await Promise.all(underWay)
    if (failure) throw failure
    for (const origin of [...this.pools.keys()]) await this.remove(origin)
  }

  private async publish(i: number): Promise<void> {
    const at = wallClock()
    const input = { ...sample(this.tenantId, i), type: typeOf(i), idempotencyKey: `rolling-${i}` }
    const body = JSON.stringify({ query: PUBLISH, variables: { input } })
    for (let tries = 0; ; tries++) {
      const pools = [...this.pools.values()]
      try {
        this.sentAt.set(await this.send(pools[(i + tries) % pools.length]!, body), at)
        return
      } catch (error) {
        if (wallClock() - at > PATIENCE_MS) throw error
        if (tries === 0) this.repeated++
        if (tries % pools.length === pools.length - 1) await delay(PAUSE_MS)
      }
    }
  }

  /** Returns the public id of the event. */
  private async send(pool: Pool, body: string): Promise<string> {
    const response = await pool.request({ method: 'POST', path: '/graphql', headers: this.stack.headers, body })
    const text = await response.body.text()
    const { data } = JSON.parse(text) as { data?: { publishEvent: { event: { id: string } } | null } }
    if (!data?.publishEvent) throw new Error(`an event was not accepted: ${text}`)
    return data.publishEvent.event.id
  }
}

/** When each event arrived (ms), by its public id. Waits until all have arrived, at most ARRIVE_MS. */
async function arrivalsOfAll(stack: Stack, sent: ReadonlyMap<string, number>): Promise<Map<string, number>> {
  for (const deadline = Date.now() + ARRIVE_MS; ; await delay(200)) {
    const entries = Object.entries(await receiverRecord(stack, 'so-far'))
    const arrivals = new Map(
      entries.flatMap(([key, at]) => (key.endsWith(PATH) ? [[key.slice(0, -PATH.length), at] as const] : [])),
    )
    if (arrivals.size >= sent.size || Date.now() > deadline) return arrivals
  }
}

/** Requests that arrived again, and events that were stored twice because an event was published again. */
async function doubled(
  stack: Stack,
  arrivals: ReadonlyMap<string, number>,
  sent: ReadonlyMap<string, number>,
): Promise<number> {
  const repeats = await receiverRecord(stack, 'repeats')
  const unknown = [...arrivals.keys()].filter((id) => !sent.has(id))
  return (repeats[PATH] ?? 0) + unknown.length
}
