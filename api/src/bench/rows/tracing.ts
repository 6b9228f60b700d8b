import { median } from '../figures.ts'
import { hammer } from '../load.ts'
import { createWebhook, deleteWebhook, freshTenant, PUBLISH, publishAll, type Row, recorded, sample } from '../row.ts'
import type { Stack } from '../stack.ts'

const CONNECTIONS = 64
/** Measurements per side, in alternating turns, so that both see the same load of the machine. */
const TURNS = 5

/**
 * The cost of tracing: publishEvent with an API that exports every span, and deliveries with such a worker, each compared with
 * one without tracing. The receiver of the spans reads them and answers 202.
 */
export const tracing: Row = {
  name: 'tracing',
  async run(stack, { scale, advance }) {
    const on = { OTEL_EXPORTER_OTLP_ENDPOINT: stack.bareOrigin }
    const published = await publishing(stack, on, Math.max(500, Math.round(6_000 * scale)), (part) => advance(part / 2))
    const delivered = await delivering(stack, on, Math.max(500, Math.round(5_000 * scale)), (part) =>
      advance((1 + part) / 2),
    )
    return [
      {
        name: 'tracing',
        what: 'publishEvent mutations/s with every span exported, to those without tracing',
        unit: 'of without',
        value: published.on / published.off,
        limit: null,
        goal: { value: 0.95, atMost: false },
      },
      {
        name: 'tracing',
        what: 'deliveries/s, published to recorded, with every span exported, to those without tracing',
        unit: 'of without',
        value: delivered.on / delivered.off,
        limit: null,
        goal: { value: 0.95, atMost: false },
      },
    ]
  },
}

type Measured = Record<'on' | 'off', number>

/** Runs `measure` for both sides in turn, and returns the medians. */
async function alternate(
  measure: (which: 'on' | 'off') => Promise<number>,
  advance: (part: number) => void,
): Promise<Measured> {
  const figures = { on: [] as number[], off: [] as number[] }
  for (let turn = 0; turn < TURNS; turn++) {
    for (const which of turn % 2 ? (['off', 'on'] as const) : (['on', 'off'] as const))
      figures[which].push(await measure(which))
    advance((turn + 1) / TURNS)
  }
  return { on: median(figures.on), off: median(figures.off) }
}

/** Mutations/s. */
async function publishing(
  stack: Stack,
  env: Record<string, string>,
  total: number,
  advance: (part: number) => void,
): Promise<Measured> {
  const origins = { on: await stack.anotherApi('server.js', env), off: await stack.anotherApi('server.js', {}) }
  const tenantId = freshTenant()
  let sent = 0
  const send = (origin: string, count: number) =>
    hammer({
      origin,
      path: '/graphql',
      headers: stack.headers,
      connections: CONNECTIONS,
      total: count,
      body: () => JSON.stringify({ query: PUBLISH, variables: { input: sample(tenantId, sent++) } }),
      check: (_status, body) => {
        if (!body.includes('"event"')) throw new Error(`publishEvent answered ${body.slice(0, 300)}`)
      },
    })
  for (const origin of Object.values(origins)) await send(origin, Math.ceil(total / 2))
  return alternate((which) => send(origins[which], total), advance)
}

/** Deliveries/s of events that are published in batches. */
async function delivering(
  stack: Stack,
  env: Record<string, string>,
  total: number,
  advance: (part: number) => void,
): Promise<Measured> {
  const deliver = async () => {
    const tenantId = freshTenant()
    const webhook = await createWebhook(stack, tenantId, '/ok')
    const events = Array.from({ length: total }, (_, i) => sample(tenantId, i))
    const started = performance.now()
    await publishAll(stack, events)
    await recorded(stack, tenantId, total, 60_000, () => {})
    const perSecond = total / ((performance.now() - started) / 1_000)
    await deleteWebhook(stack, webhook)
    return perSecond
  }
  return alternate(async (which) => {
    await stack.killWorkers()
    await stack.startWorker(which === 'on' ? env : {})
    // The first deliveries compile the code and connect.
    await deliver()
    return deliver()
  }, advance)
}
