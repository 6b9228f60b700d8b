import { request } from 'undici'
import type { Figure } from './figures.ts'
import type { Stack } from './stack.ts'

/** A row of the bench, which may return several figures. `advance` moves the progress bar (0 to 1 within a round). */
export interface Row {
  name: string
  /** Runs in one round only, because the preparation is too long to be repeated. */
  once?: true
  /** Runs only if it is named on the command line, because it takes long. */
  onlyNamed?: true
  /**
   * Runs one round. `scale` is 1, or less for a quick run: it reduces the number of requests or events. `minutes` is
   * the duration of rows that last as long as the command line says.
   */
  run(stack: Stack, options: { scale: number; minutes: number; advance: (part: number) => void }): Promise<Figure[]>
}

export const PUBLISH = 'mutation Publish($input: PublishEventInput!) { publishEvent(input: $input) { event { id } } }'
export const PUBLISH_MANY =
  'mutation PublishMany($input: [PublishEventInput!]!) { publishEvents(input: $input) { accepted } }'

const PUBLISH_FOR_IDS =
  'mutation ($input: [PublishEventInput!]!) { publishEvents(input: $input) { results { event { id } } } }'
const BATCH = 500

/** An event of ordinary size for one of the bench's tenants. */
export const sample = (tenantId: string, i: number) => ({
  type: 'order.created',
  source: 'bench',
  tenantId,
  payload: {
    order: i,
    customer: 'c-1001',
    items: [{ sku: 'A-1', quantity: 2 }],
    total: 4990,
    note: 'an ordinary event of a few hundred bytes',
  },
})

/** Publishes events in batches of at most 500 and returns their public ids. */
export async function publishAll(stack: Stack, events: readonly object[]): Promise<string[]> {
  const ids: string[] = []
  for (let i = 0; i < events.length; i += BATCH) {
    const { publishEvents } = await stack.graphql<{ publishEvents: { results: { event: { id: string } | null }[] } }>(
      PUBLISH_FOR_IDS,
      { input: events.slice(i, i + BATCH) },
    )
    for (const { event } of publishEvents.results) if (event) ids.push(event.id)
  }
  return ids
}

/**
 * The receiver's record by webhook-id: the first arrivals (ms; `arrivals` also clears them), or by path: how many requests
 * it received again.
 */
export async function receiverRecord(
  stack: Stack,
  record: 'so-far' | 'arrivals' | 'repeats',
): Promise<Record<string, number>> {
  const response = await request(`${stack.receiverOrigin}/${record}`)
  return (await response.body.json()) as Record<string, number>
}

/** Waits until the receiver has recorded `count` arrivals, and returns them (ms). Clears the receiver's record. */
export async function arrivalsOf(
  stack: Stack,
  count: number,
  timeoutMs: number,
  advance: (done: number) => void,
): Promise<Map<string, number>> {
  const arrived = new Map<string, number>()
  for (const deadline = Date.now() + timeoutMs; ; ) {
    for (const [key, at] of Object.entries(await receiverRecord(stack, 'so-far'))) arrived.set(key, at)
    advance(arrived.size)
    if (arrived.size >= count) break
    if (Date.now() > deadline) throw new Error(`${arrived.size} of ${count} requests arrived`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  await forgetArrivals(stack)
  return arrived
}

export const forgetArrivals = async (stack: Stack): Promise<void> =>
  (await request(`${stack.receiverOrigin}/arrivals`)).body.dump()

let tenants = 0
/** Returns the name of a new tenant, so that a row does not find the webhooks of another. */
export const freshTenant = (): string => `bench-${++tenants}`

export async function createWebhook(stack: Stack, tenantId: string, path: string, input: object = {}): Promise<string> {
  // A row may create several webhooks for one tenant, so CONFLICT for an existing tenant is expected.
  await stack
    .graphql('mutation ($id: String!) { createTenant(input: { id: $id, name: $id }) { tenant { id } } }', {
      id: tenantId,
    })
    .catch(() => {})
  const data = await stack.graphql<{ createWebhook: { webhook: { id: string } } }>(
    'mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { webhook { id } } }',
    { input: { name: `bench ${path}`, url: `${stack.receiverOrigin}${path}`, tenantId, eventTypes: [], ...input } },
  )
  return data.createWebhook.webhook.id
}

export const deleteWebhook = (stack: Stack, id: string): Promise<unknown> =>
  stack.graphql('mutation ($id: ID!) { deleteWebhook(id: $id) { deletedId } }', { id })

/**
 * Waits until `count` deliveries of the tenant are stored as delivered, since a time of the database if it is given.
 * Polls often enough not to distort the figure.
 */
export async function recorded(
  stack: Stack,
  tenantId: string,
  count: number,
  timeoutMs: number,
  advance: (done: number) => void,
  since = new Date(0),
): Promise<void> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const { rows } = await stack.db.query<{ done: string }>(
      `SELECT count(*) AS done FROM deliveries WHERE tenant_id = $1 AND status = 'DELIVERED' AND changed_at >= $2`,
      [tenantId, since],
    )
    const done = Number(rows[0]!.done)
    advance(done)
    if (done >= count) return
    if (Date.now() > deadline) throw new Error(`${done} of ${count} deliveries after ${timeoutMs} ms`)
    // Polling costs the database time, so it is rare at first and frequent near the end.
    await new Promise((resolve) => setTimeout(resolve, done > count * 0.9 ? 20 : 200))
  }
}

const WARM_UP = 2_000

/**
 * Delivers some events before the measurement, so that the worker is running, connections and query plans exist, and
 * hot code is compiled.
 */
export async function warmUp(stack: Stack): Promise<void> {
  const tenantId = freshTenant()
  const webhook = await createWebhook(stack, tenantId, '/timed')
  const size = 10
  for (let i = 0; i < WARM_UP; i += 8 * size) {
    const publish = (from: number) =>
      stack.graphql(PUBLISH_MANY, { input: Array.from({ length: size }, (_, k) => sample(tenantId, from + k)) })
    await Promise.all(Array.from({ length: 8 }, (_, k) => publish(i + k * size)))
  }
  await recorded(stack, tenantId, WARM_UP, 60_000, () => {})
  await deleteWebhook(stack, webhook)
}
