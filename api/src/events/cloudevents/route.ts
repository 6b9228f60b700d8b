import type { IncomingHttpHeaders } from 'node:http'
import type { Denials } from '../../audit/denials.ts'
import { MAX_BODY_BYTES, readBytes } from '../../http/body.ts'
import { type RequestContext, sendText } from '../../http/request-context.ts'
import type { GuardedRoute } from '../../http/router.ts'
import { hasRole, type Identity } from '../../identity/identity.ts'
import { AppError, forbidden } from '../../kit/errors.ts'
import type { JsonText } from '../../kit/json/json-text.ts'
import type { Caller, Publisher } from '../publish/publish.ts'
import type { Attributes, Incoming } from './attributes.ts'
import { decode, parseBatch, parseEnvelope, payloadOfBytes, Unreadable } from './data.ts'
import { readEnvelope } from './envelope.ts'
import { readHeaders } from './headers.ts'
import { type MediaType, type Mode, readMediaType } from './media-type.ts'
import { refusal, refusalOf, sendRefusal } from './problem-details.ts'
import { type BatchAnswer, publishBatch, publishOne } from './publish.ts'

/** Enough for 1,000 events of 8 KiB each. */
const MAX_BATCH_BYTES = 8 * 1024 * 1024

/**
 * Accepts CloudEvents 1.0 over HTTP (https://github.com/cloudevents/spec, HTTP protocol binding and JSON event format)
 * in binary, structured and batched mode. docs/cloudevents.md describes the mapping and the responses.
 */
export const cloudEvents = (publisher: Publisher, denials: Denials): GuardedRoute => ({
  path: '/events',
  action: 'event.publish',
  methods: ['POST'],
  refuse: sendRefusal,
  async handle(exchange, identity) {
    if (!hasRole(identity, 'AGENT'))
      throw forbidden('publishing an event requires the role AGENT', { requiredRole: 'AGENT' })
    const { mode, type } = understand(exchange.req.headers)
    const caller: Caller = { identity, clientIp: exchange.clientIp, trace: exchange.trace }
    if (mode === 'batch') {
      const body = await readBytes(exchange, MAX_BATCH_BYTES)
      const answer = await publishBatch(publisher, caller, parseBody(body, type, parseBatch))
      await noteDenied(denials, exchange, identity, answer)
      // Some clients check only the status code. 207 shows them that some events were refused.
      send(exchange, answer.refused > 0 ? 207 : 202, answer)
      return
    }
    const body = await readBytes(exchange, MAX_BODY_BYTES)
    const incoming = read(exchange, mode, type, body)
    send(exchange, 202, await publishOne(publisher, caller, incoming, mode))
  },
})

/**
 * Records denials for the refused events of a batch that was accepted in part. If the whole request is refused, the
 * router does that.
 */
async function noteDenied(denials: Denials, exchange: RequestContext, identity: Identity, { results }: BatchAnswer) {
  const denied = results.flatMap((result) =>
    'problem' in result && result.problem.status === 403 ? [result.problem] : [],
  )
  const [first] = denied
  if (!first) return
  const refused = { action: 'event.publish', target: null, times: denied.length }
  await denials.note({ ...exchange, identity }, refused, forbidden(first.detail))
}

/** Determines the content mode and the media type. Throws a refusal with status 415. */
function understand(headers: IncomingHttpHeaders): { mode: Mode; type: MediaType } {
  const header = headers['content-type']
  const type = readMediaType(header)
  const readable = type !== null && (type.mode === 'binary' || type.kind === 'json')
  if (!readable || type.mode === null)
    throw refusal(415, 'BAD_USER_INPUT', `content-type: is ${header?.slice(0, 100)}; ${TAKES}`)
  return { mode: type.mode, type }
}

const TAKES =
  'expected application/cloudevents+json, application/cloudevents-batch+json or, with ce- headers, the media type of the data'

function read({ req }: RequestContext, mode: Mode, type: MediaType, body: Buffer): Incoming {
  try {
    if (mode === 'structured') return readEnvelope(parseBody(body, type, parseEnvelope))
    const attributes = readHeaders(req.rawHeaders)
    return attributes.event(payloadIn(attributes, body, type))
  } catch (error) {
    throw error instanceof AppError ? refusalOf(error, { mode }) : error
  }
}

/**
 * Decodes the body. A problem is added to `attributes`, so that the response lists it together with the problems of the
 * headers.
 */
function payloadIn(attributes: Attributes, body: Buffer, type: MediaType): JsonText | undefined {
  try {
    return payloadOfBytes(body, type)
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    attributes.wrong(null, error.message)
    return undefined
  }
}

function parseBody(body: Buffer, type: MediaType, parse: (text: string) => unknown): unknown {
  try {
    return parse(decode(body, type))
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    throw refusal(400, 'BAD_USER_INPUT', `the body ${error.message}`, [{ pointer: '#', detail: error.message }])
  }
}

/**
 * Sends the response. A client that prefers a minimal response (RFC 7240, return=minimal) gets no body. The same
 * applies to a broker that expects an event as the reply ("Prefer: reply", Knative's data plane), because it would
 * reject our body as malformed.
 */
function send({ req, res }: RequestContext, status: 202 | 207, answer: object): void {
  const prefer = req.headers.prefer
  if (status === 202 && prefer !== undefined && /\b(?:reply|return=minimal)\b/i.test(String(prefer)))
    res.writeHead(status, { 'content-length': 0 }).end()
  else sendText(res, status, JSON.stringify(answer), 'application/json; charset=utf-8')
}
