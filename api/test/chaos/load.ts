import { setTimeout as delay } from 'node:timers/promises'
import { until } from '../harness.ts'
import type { Receiver } from '../receivers.ts'
import { type Installation, Refusal } from './installation.ts'

/** Events that several clients publish at once, each until it is accepted. */
export interface Load {
  source: string
  total: number
  /** Public ids of the events that the API accepted. */
  accepted: Set<string>
  /** Publishes that were repeated. */
  readonly retries: number
  /** Resolves when all are accepted; rejects with the first answer that does not allow another try. */
  done: Promise<void>
}

const CLIENTS = 8
const BATCH = 5
/** Events a second, where the machine can: a fault has to come while more events are being published. */
const RATE = 250
const PATIENCE_MS = 30_000
const RETRY_MS = 50

const PUBLISH = `mutation ($input: [PublishEventInput!]!) { publishEvents(input: $input) {
  results { event { id } error { code message } } } }`

const SUBSCRIBE = `mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { webhook { id } } }`

/** Creates the one webhook that receives the events of the load of this name. */
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
 * Starts to publish `total` events. An event that may have been stored is published again under the same idempotency key, as
 * the API asks for: while it answers UNAVAILABLE, does not answer, or is not there.
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
  // Some publish events one by one, others a few at a time.
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
  // A failure before anything awaits it must not end the test's process.
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

/** Waits until this part of a load's events has been accepted; the load's failure is the caller's. */
export async function accepted({ done, accepted, total }: Load, part: number): Promise<void> {
  const count = Math.ceil(part * total)
  const failure = done.then(() => new Promise<never>(() => {}))
  await Promise.race([failure, until(`${count} events accepted`, () => accepted.size >= count, PATIENCE_MS)])
}

interface Published {
  publishEvents: { results: { event: { id: string } | null; error: { code: string; message: string } | null }[] }
}
