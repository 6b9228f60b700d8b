import { isUtf8 } from 'node:buffer'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { GraphQLError } from 'graphql'
import type { GraphQLParams } from 'graphql-yoga'
import { createRequestContext, type Services } from '../graphql/context.ts'
import { codedError } from '../graphql/errors.ts'
import type { VariablesSource } from '../graphql/json-variables.ts'
import type { WatchIdentity } from '../identity/authentication.ts'
import { unauthenticated } from '../identity/authentication.ts'
import type { Identity } from '../identity/identity.ts'
import { AppError, badInput } from '../kit/errors.ts'
import { stringifyJson } from '../kit/json/json-text.ts'
import { describeValue } from '../kit/truncate.ts'
import { acceptedBy, GRAPHQL_TYPE, JSON_TYPE, STREAM_TYPE } from './accept.ts'
import { isJson, parseJson, readText } from './body.ts'
import { noteErrors, setRefusalHeaders, statusOf } from './error-response.ts'
import { only, sendEventStream } from './event-stream.ts'
import { type GraphQLEngine, isResult, withoutHttp } from './graphql-engine.ts'
import { type RequestContext, sendJson, sendText } from './request-context.ts'
import type { GuardedRoute } from './router.ts'

/**
 * GraphQL over HTTP. Nearly every request is one operation as JSON and gets a response as JSON. Such a request uses
 * Yoga's engine (the caches of parsed and validated documents, the plugins) but not Yoga's Request and Response
 * objects, which cost as much as everything else. Event streams do not use them either. All other requests (GET) are
 * completely handled by Yoga. The responses are the same in both cases; a test compares them.
 */
export function createGraphQLRoute(
  engine: GraphQLEngine,
  services: Services,
  watch: WatchIdentity,
): GuardedRoute & { cutStreams(): void } {
  const { log, env } = services.core
  const streams = new Set<ServerResponse>()
  let areCut = false

  /**
   * Sends a stream. When the credentials of the reader become invalid, the stream ends with an error as the last
   * result.
   */
  const sendStream = async (exchange: RequestContext, identity: Identity, results: AsyncIterator<object>) => {
    const { req, res } = exchange
    if (areCut) {
      res.destroy()
      await results.return?.()
      return
    }
    streams.add(res)
    res.once('close', () => streams.delete(res))
    const watching = (end: (last: object) => void) =>
      watch(req.headers, identity, () => {
        const { message, code } = unauthenticated()
        end({ errors: [new GraphQLError(message, { extensions: { code } })] })
      })
    await sendEventStream(exchange, results, watching, env.HTTP_STALL_MS)
  }

  return {
    // Closes the streams without completing them, so that the clients resume them on another process. Requests in
    // progress may still lead to streams. These are closed as soon as they begin.
    cutStreams() {
      areCut = true
      for (const res of streams) res.destroy()
    },
    path: '/graphql',
    methods: ['GET', 'POST'],
    refuse: refuseGraphQL,
    async handle(exchange, identity) {
      const { req, res, requestId, clientIp, receivedAt, trace, noted } = exchange
      if (!isReadable(exchange)) return refuseGraphQL(exchange, notJson(exchange), 415)
      const accepted = acceptedBy(req)
      if (accepted?.stream && streams.size >= env.EVENT_STREAMS_MAX) throw tooManyStreams()
      const method = req.method === 'POST' ? 'POST' : 'GET'
      const { params, variablesSource, body: posted } = await (method === 'POST' ? readPosted(exchange) : readUrl(req))
      const starting = engine.start(params.query)
      if (starting) await starting
      const context = createRequestContext(services, {
        identity,
        requestId,
        clientIp,
        receivedAt,
        trace,
        noted,
        variablesSource,
      })
      if (accepted === null) {
        // Yoga gets the body from `req.body`, because it has been read already.
        await engine.yoga(Object.assign(req, { body: posted }), res, context)
        return
      }
      const { type } = accepted
      let result: unknown
      try {
        result = await engine.run(params, context, method)
      } catch (error) {
        result = { errors: [error] }
      }
      if (isStream(result)) {
        if (accepted.stream) return sendStream(exchange, identity, result)
        // The result is a stream, but the client does not accept one.
        await result.return?.()
        sendText(res, 406, '', type)
        return
      }
      if (!isResult(result)) throw new Error('the engine returned neither a result nor a stream')
      const errors = result.errors?.map((error) => codedError(error, context, log))
      const body = errors ? { ...result, errors: errors.map(withoutHttp) } : result
      if (type === STREAM_TYPE) return sendStream(exchange, identity, only(body))
      const status = errors ? statusOfResult(errors, type) : 200
      if (errors) noteErrors(context, errors)
      sendText(res, status, stringifyJson(body), `${type}; charset=utf-8`)
    },
  }
}

/**
 * Whether the body may be read. On any website, an HTML form can send form content types with the credentials of the
 * user. JSON can be sent across sites only with CORS permission, which AetherLink does not give. So only JSON is
 * accepted, even if another body would be well-formed.
 */
const isReadable = ({ req }: RequestContext) => req.method !== 'POST' || isJson(req.headers['content-type'])

const tooManyStreams = () =>
  new AppError('UNAVAILABLE', 'too many event streams are open; try again', { retryAfterMs: 5_000 })

const notJson = ({ req }: RequestContext) =>
  badInput('body', `is ${req.headers['content-type']?.slice(0, 100) ?? 'without a type'}; expected application/json`)

/** Checks that the body is an object. The engine checks only the contents of the object. */
function paramsOf(body: unknown): GraphQLParams {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body
  const came = Array.isArray(body) ? 'a list; batched operations are not supported' : JSON.stringify(body).slice(0, 60)
  throw badInput('body', `is ${came}; expected an object with query, variables and operationName`)
}

interface ReadParams {
  params: GraphQLParams
  variablesSource?: VariablesSource
  body?: string
}

async function readPosted(exchange: RequestContext): Promise<ReadParams> {
  const body = await readText(exchange)
  return { params: paramsOf(parseJson(body)), variablesSource: { text: body, path: ['variables'] }, body }
}

/**
 * Reads the parameters from the URL (GraphQL over HTTP, "GET"). They are the same as those of a POST request; objects
 * are JSON texts. Throws BAD_USER_INPUT.
 */
function readUrl({ url = '' }: IncomingMessage): ReadParams {
  checkUtf8(url)
  const search = new URL(url, 'http://localhost').searchParams
  const params: GraphQLParams & { documentId?: string } = {}
  for (const name of ['query', 'operationName', 'documentId'] as const) {
    const text = search.get(name)
    if (text) params[name] = text
  }
  for (const name of ['variables', 'extensions'] as const) {
    const text = search.get(name)
    if (text) params[name] = objectOf(parseJson(text, name), name)
  }
  const variables = search.get('variables')
  return { params, ...(variables && { variablesSource: { text: variables, path: [] } }) }
}

function objectOf(value: unknown, name: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  if (value === null) return {}
  throw badInput(name, `is ${describeValue(value)}; expected an object`)
}

/**
 * Throws BAD_USER_INPUT if the URL contains bytes that are not UTF-8, because URLSearchParams would replace them.
 * Node.js represents each byte of a URL as one character.
 */
function checkUtf8(url: string): void {
  const bytes = url.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  if (!isUtf8(Buffer.from(bytes, 'latin1'))) throw badInput('url', 'has bytes that are not UTF-8')
}

const isStream = (value: unknown): value is AsyncIterableIterator<object> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value

/**
 * The status of a result with errors. As in Yoga, a status that only the newer media type requires (`spec`) is ignored
 * for application/json.
 */
function statusOfResult(errors: readonly GraphQLError[], type: string): number {
  let status = 0
  for (const { extensions } of errors) {
    const http = extensions.http as { status?: number; spec?: boolean } | undefined
    if (http?.status && !(http.spec && type === JSON_TYPE)) status = Math.max(status, http.status)
  }
  return status || 200
}

/** Responds to a request that is refused before execution: a result with one error, and the status of that error. */
function refuseGraphQL(exchange: RequestContext, error: AppError, status = statusOf(error)): void {
  setRefusalHeaders(exchange, status, error)
  const accept = exchange.req.headers.accept ?? ''
  const type = accept.includes(GRAPHQL_TYPE) ? GRAPHQL_TYPE : JSON_TYPE
  const { status: _status, ...extensions } = error.extensions
  const { code, message } = error
  sendJson(exchange, status, { errors: [{ message, extensions: { code, ...extensions } }] }, type)
}
