import { setTimeout as delay } from 'node:timers/promises'
import { until } from '../harness.ts'
import type { Receiver } from '../servers/receivers.ts'
import { type Installation, Refusal } from './installation.ts'

/** Events that several clients publish at the same time. A client retries until its event is accepted. */
export interface Load {
  source: string
  total: number
  /** Public ids of accepted events. */
  accepted: Set<string>
  /** Number of publishes that were repeated. */
  readonly retries: number
  /** Resolves when all events are accepted. Rejects with the first response that does not allow a retry. */
  done: Promise<void>
}

const CLIENTS = 8
const BATCH = 5
const BACKLOG_BATCH = 500
/** Target rate in events per second. It is limited, so that the fault occurs while events are being published. */
const RATE = 250
const PATIENCE_MS = 90_000
const RETRY_MS = 50

const PUBLISH = `mutation ($input: [PublishEventInput!]!) { publishEvents(input: $input) {
  results { event { id } error { code message } } } }`

const SUBSCRIBE = `mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { webhook { id } } }`

/** Creates the webhook that receives the events of this load. */
export async function subscribe({ graphql }: Installation, source: string, receiver: Receiver): Promise<void> {
  const input = {
    name: source,
    url: receiver.url,
    eventTypes: [`${source}.*`],
    tenantId: 'tenant-1',
    timeoutMs: 2_000,
    retrySchedule: [1, 1, 1, 1, 1, 1],
  }
  await graphql(SUBSCRIBE, { input })
}

/**
 * Starts publishing `total` events. If the API answers UNAVAILABLE, does not answer or is down, the event may have been
 * stored. It is then published again with the same idempotency key.
 */
export function startLoad({ graphql, api }: Installation, source: string, total: number): Load {
  const accepted = new Set<string>()
  const began = Date.now()
  let next = 0
  let retries = 0
  let failed = false

  const publish = async (indices: number[]): Promise<void> => {
    const input = indices.map((i) => ({
      type: `${source}.happened`,
      source,
      tenantId: 'tenant-1',
      payload: { i },
      idempotencyKey: `${source}-${i}`,
    }))
    for (const deadline = Date.now() + PATIENCE_MS; ; retries++) {
      try {
        const { publishEvents } = await graphql<Published>(PUBLISH, { input })
        const refused = publishEvents.results.flatMap(({ error }) => (error ? [error] : []))
        if (refused.length > 0)
          throw new Refusal(
            refused.map(({ message, code }) => ({ message, extensions: { code } })),
            api.tail(),
          )
        for (const { event } of publishEvents.results) if (event) accepted.add(event.id)
        return
      } catch (error) {
        const isFinal = error instanceof Refusal && !error.isUnavailable
        if (isFinal || failed || Date.now() > deadline) throw error
        await delay(RETRY_MS)
      }
    }
  }
  // Some clients publish single events, others small batches.
  const client = async (_: unknown, number: number) => {
    while (next < total && !failed) {
      const from = next
      next = Math.min(total, next + (number % 2 === 0 ? 1 : BATCH))
      await delay(Math.max(0, began + (from * 1_000) / RATE - Date.now()))
      await publish(Array.from({ length: next - from }, (_, i) => from + i))
    }
  }
  const done = Promise.all(Array.from({ length: CLIENTS }, client)).then(
    () => {},
    (error: unknown) => {
      failed = true
      throw error
    },
  )
  // The promise may reject before anybody awaits it. That must not end the test process.
  done.catch(() => {})
  const load: Load = {
    source,
    total,
    accepted,
    get retries() {
      return retries
    },
    done,
  }
  return load
}

/** Publishes `total` events in large batches, as a backlog for a worker that starts later. */
export async function publishBacklog({ graphql }: Installation, source: string, total: number): Promise<Load> {
  const accepted = new Set<string>()
  for (let i = 0; i < total; i += BACKLOG_BATCH) {
    const count = Math.min(BACKLOG_BATCH, total - i)
    const event = (k: number) => ({ type: `${source}.happened`, source, tenantId: 'tenant-1', payload: { i: i + k } })
    const input = Array.from({ length: count }, (_, k) => event(k))
    const { publishEvents } = await graphql<Published>(PUBLISH, { input })
    for (const { event } of publishEvents.results) if (event) accepted.add(event.id)
  }
  return { source, total, accepted, retries: 0, done: Promise.resolve() }
}

/** Waits until this share of a load's events has been accepted. Failures of the load are left to the caller. */
export async function accepted({ done, accepted, total }: Load, part: number): Promise<void> {
  const count = Math.ceil(part * total)
  const failure = done.then(() => new Promise<never>(() => {}))
  await Promise.race([failure, until(`${count} events accepted`, () => accepted.size >= count, PATIENCE_MS)])
}

interface Published {
  publishEvents: { results: { event: { id: string } | null; error: { code: string; message: string } | null }[] }
}
