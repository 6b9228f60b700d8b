import { AppError } from '../../kit/errors.ts'
import { publicId } from '../../kit/ids.ts'
import { type Caller, MAX_BATCH, type Publisher, type PublishInput, type PublishOutcome } from '../publish/publish.ts'
import type { Incoming } from './attributes.ts'
import { readEnvelope } from './envelope.ts'
import type { Mode } from './media-type.ts'
import { errorsOf, type Place, type Problem, problemOf, refusal, refusalOf, summary } from './problem-details.ts'

/** The response for an accepted event. */
export interface Accepted {
  id: string
  /** The position of the event in the feed. */
  cursor: string
  /** Whether the event is a duplicate. If so, `id` is that of the first event. */
  deduplicated: boolean
  /** Names of attributes that were not stored. */
  ignored?: readonly string[]
}

export interface BatchAnswer {
  accepted: number
  /** Number of accepted events that are duplicates. */
  deduplicated: number
  refused: number
  /** In the order of the input. */
  results: readonly (Accepted | { problem: Problem })[]
}

/** Publishes one event. Throws a refusal that contains the location of every problem. */
export async function publishOne(
  publisher: Publisher,
  caller: Caller,
  incoming: Incoming,
  mode: Mode,
): Promise<Accepted> {
  const [outcome] = await publisher.publish(caller, [incoming.input])
  if (!outcome) throw new Error('the publisher returned no outcome')
  if ('error' in outcome) throw refusalOf(outcome.error, { mode }, true)
  return accepted(publisher, outcome, incoming)
}

/**
 * Publishes the events of a batch independently of each other: an invalid event does not affect the others. If no event
 * is accepted, throws a refusal with the problems of all events. If the database connection is lost, it is unknown
 * which events were stored; the client can send the same batch again.
 */
export async function publishBatch(publisher: Publisher, caller: Caller, batch: unknown): Promise<BatchAnswer> {
  if (!Array.isArray(batch))
    throw refusal(400, 'BAD_USER_INPUT', 'the body is not an array; a batch is an array of events')
  if (batch.length > MAX_BATCH)
    throw refusal(400, 'BAD_USER_INPUT', `the batch has ${batch.length} events; expected at most ${MAX_BATCH}`)

  const results: (Accepted | AppError)[] = new Array(batch.length)
  const sound: Incoming[] = []
  const inputs: PublishInput[] = []
  const positions: number[] = []
  for (const [index, envelope] of batch.entries()) {
    try {
      const incoming = readEnvelope(envelope)
      sound.push(incoming)
      inputs.push(incoming.input)
      positions.push(index)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      results[index] = refusalOf(error, place(index))
    }
  }
  const outcomes = inputs.length > 0 ? await publisher.publish(caller, inputs) : []
  for (const [i, outcome] of outcomes.entries()) {
    const index = positions[i]!
    results[index] =
      'error' in outcome ? refusalOf(outcome.error, place(index), true) : accepted(publisher, outcome, sound[i]!)
  }
  return answerOf(results)
}

const place = (index: number): Place => ({ mode: 'batch', index })

function answerOf(results: readonly (Accepted | AppError)[]): BatchAnswer {
  const refused = results.filter((result) => result instanceof AppError)
  if (refused.length > 0 && refused.length === results.length) throw noneOf(refused)
  return {
    accepted: results.length - refused.length,
    deduplicated: results.filter((result) => !(result instanceof AppError) && result.deduplicated).length,
    refused: refused.length,
    results: results.map((result) => (result instanceof AppError ? { problem: problemOf(result) } : result)),
  }
}

/** Combines the refusals of a batch into one. The status is 400 if the refusals have different statuses or codes. */
function noneOf(refused: readonly AppError[]): AppError {
  const errors = refused.flatMap((error, index) => {
    const details = errorsOf(error)
    return details.length > 0 ? details : [{ pointer: `#/${index}`, detail: error.message }]
  })
  const [first, ...others] = refused.map(problemOf)
  const alike = others.every(({ status, code }) => status === first!.status && code === first!.code)
  const detail = `none of the ${refused.length} events was accepted: ${summary(errors)}`
  if (!alike) return refusal(400, 'BAD_USER_INPUT', detail, errors)
  return refusal(first!.status, first!.code, detail, errors, first!.retryAfterMs)
}

function accepted(
  publisher: Publisher,
  { event, deduplicated }: Extract<PublishOutcome, { event: unknown }>,
  { ignored }: Incoming,
): Accepted {
  const answer = { id: publicId('evt', event.id), cursor: publisher.cursorOf(event), deduplicated }
  return ignored.length > 0 ? { ...answer, ignored } : answer
}
