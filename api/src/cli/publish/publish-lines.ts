import { randomUUID } from 'node:crypto'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { CliPublishManyMutation, PublishEventInput } from '../../../../codegen/gql-cli/graphql.ts'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { count, plain } from '../output/text.ts'
import { asFailure, EXIT, type ExitCode, Failure } from '../session/failure.ts'
import type { Session } from '../session/session.ts'
import { isTemporary } from '../session/subscribe.ts'

const PublishMany = graphql(`
  mutation CliPublishMany($input: [PublishEventInput!]!) {
    publishEvents(input: $input) {
      accepted deduplicated
      results { deduplicated event { id } error { code message path retryAfterMs } }
    }
  }
`)

/** Less than the API's limits per request, which are 1,000 events and 2 MiB. */
const BATCH_LINES = 500
const BATCH_BYTES = 1_000_000
const ATTEMPTS = 6
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 30_000

interface Line {
  number: number
  input: PublishEventInput
  /** Whether the line itself has an idempotency key. Then the user may have intended to publish it again. */
  hasOwnKey: boolean
}

type Result = CliPublishManyMutation['publishEvents']['results'][number]

/** The counts of a run. The failures themselves are written as they occur. */
interface Summary {
  accepted: number
  deduplicated: number
  failed: number
}

/**
 * Publishes an event for each line, in order and in batches. Every event has an idempotency key, either its own or a
 * new one. So if the response to a batch is lost, the batch can be sent again without duplicates. The fields in
 * `common` apply to lines that do not have them.
 *
 * Returns exit code 6 if some lines were refused, 2 if all were. If the API stays unavailable, throws a Failure that
 * names the first unpublished line.
 */
export async function publishLines(
  session: Session,
  input: Readable,
  common: Partial<PublishEventInput>,
): Promise<ExitCode> {
  const { out, io } = session
  const interrupted = io.interruptible()
  const summary: Summary = { accepted: 0, deduplicated: 0, failed: 0 }
  let batch: Line[] = []
  let size = 0
  let number = 0
  const refuse = async (line: number, code: string, message: string) => {
    summary.failed += 1
    await out.item({ line, error: { code, message } }, () => plain(`line ${line}: ${code}: ${message}`))
  }
  const flush = async () => {
    const lines = batch
    batch = []
    size = 0
    for (const [at, { error }] of (await send(lines)).entries()) {
      if (error) await refuse(lines[at]!.number, error.code, error.message)
    }
  }
  const send = async (lines: readonly Line[]): Promise<Result[]> => {
    const done: Result[] = []
    for (let attempt = 1; done.length < lines.length && !interrupted.aborted; attempt++) {
      const rest = lines.slice(done.length)
      const results = await resultsOf(session.api, rest, attempt)
      // After a refusal by the rate limit, all events from the refused one on are sent again, to keep the order. Some
      // of them may have been accepted; their idempotency keys prevent duplicates.
      const limited = results.findIndex(({ error }) => error?.code === 'RATE_LIMITED')
      const taken = limited === -1 ? results : results.slice(0, limited)
      for (const [at, { error, deduplicated }] of taken.entries()) {
        if (error) continue
        if (deduplicated && rest[at]!.hasOwnKey) summary.deduplicated += 1
        else summary.accepted += 1
      }
      done.push(...taken)
      if (taken.length > 0) attempt = 0
      if (done.length === lines.length) break
      const wait = results[limited]?.error?.retryAfterMs ?? FIRST_PAUSE_MS * 2 ** attempt
      await delay(Math.min(wait, LONGEST_PAUSE_MS), undefined, { signal: interrupted }).catch(() => {})
    }
    return done
  }

  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1
    if (interrupted.aborted) break
    if (text.trim() === '') continue
    const event = parseLine(text, common)
    if (typeof event === 'string') {
      await refuse(number, 'BAD_USER_INPUT', event)
      continue
    }
    batch.push({ number, ...event })
    size += Buffer.byteLength(text)
    if (batch.length >= BATCH_LINES || size >= BATCH_BYTES) await flush()
  }
  await flush()
  await out.item(
    summary,
    () =>
      `${count(summary.accepted)} published, ${count(summary.deduplicated)} published before, ${count(summary.failed)} refused`,
  )
  if (interrupted.aborted) return EXIT.interrupted
  if (summary.failed === 0) return EXIT.ok
  return summary.accepted + summary.deduplicated > 0 ? EXIT.partial : EXIT.usage
}

/** The results of a batch. Empty if the API is unavailable and the batch may be sent again. */
async function resultsOf(api: Session['api'], lines: readonly Line[], attempt: number): Promise<readonly Result[]> {
  try {
    return (await api.run(PublishMany, { input: lines.map(({ input }) => input) })).publishEvents.results
  } catch (error) {
    if (isTemporary(error) && attempt < ATTEMPTS) return []
    const { message, details } = asFailure(error)
    throw new Failure(`${message} (lines from ${lines[0]!.number} on were not published)`, details, error)
  }
}

/** The event that a line describes, or what is wrong with the line. */
function parseLine(text: string, common: Partial<PublishEventInput>): Omit<Line, 'number'> | string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return `is not JSON: ${error instanceof Error ? error.message : String(error)}`
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'is not a JSON object'
  const event = { idempotencyKey: randomUUID(), ...common, ...value }
  if (!('type' in event) || typeof event.type !== 'string') return 'has no type'
  if (!('source' in event) || typeof event.source !== 'string')
    return 'has no source; set one for all lines with --source'
  return { input: { ...event, type: event.type, source: event.source }, hasOwnKey: 'idempotencyKey' in value }
}
