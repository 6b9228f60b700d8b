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
 * GraphQL over HTTP. Nearly every request is one operation in a JSON body with a JSON response. It uses Yoga's engine
 * (parser and validation caches, plugins) but bypasses its Request and Response objects, which cost as much as the
 * rest. Event streams bypass them too. All other requests (GET) use Yoga completely. Both paths give the same
 * responses; a test compares them.
 */
export function createGraphQLRoute(
  engine: GraphQLEngine,
  services: Services,
  watch: WatchIdentity,
): GuardedRoute & { cutStreams(): void } {
  const { log, env } = services.core
  const streams = new Set<ServerResponse>()

  /** Ends the stream with a last result as soon as the reader's credentials are no longer valid. */
  const sendStream = async (exchange: RequestContext, identity: Identity, results: AsyncIterator<object>) => {
    const { req, res } = exchange
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
    // Cut without completion, so that the client resumes it elsewhere.
    cutStreams() {
      for (const res of streams) res.destroy()
    },
    path: '/graphql',
    methods: ['GET', 'POST'],
    refuse: refuseGraphQL,
    async handle(exchange, identity) {
      const { req, res, requestId, clientIp, trace, noted } = exchange
      if (!isReadable(exchange)) return refuseGraphQL(exchange, notJson(exchange), 415)
      const accepted = acceptedBy(req)
      if (accepted?.stream && streams.size >= env.EVENT_STREAMS_MAX) throw tooManyStreams()
      const method = req.method === 'POST' ? 'POST' : 'GET'
      const { params, variablesSource, body: posted } = await (method === 'POST' ? readPosted(exchange) : readUrl(req))
      const context = createRequestContext(services, { identity, requestId, clientIp, trace, noted, variablesSource })
      if (accepted === null) {
        // Yoga takes an already read body from here.
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
        // The client must accept an event stream.
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
 * An HTML form on any site can send form content types together with the user's credentials. Browsers send JSON
 * across sites only with CORS permission, which AetherLink does not give. So only JSON is read, even if another body
 * is well-formed.
 */
const isReadable = ({ req }: RequestContext) => req.method !== 'POST' || isJson(req.headers['content-type'])

const tooManyStreams = () =>
  new AppError('UNAVAILABLE', 'too many event streams are open; try again', { retryAfterMs: 5_000 })

const notJson = ({ req }: RequestContext) =>
  badInput('body', `is ${req.headers['content-type']?.slice(0, 100) ?? 'without a type'}; expected application/json`)

/** The engine only checks the contents of the object. */
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

/** GraphQL over HTTP, "GET": the parameters of a POST, with objects as JSON. Throws BAD_USER_INPUT. */
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

/** URLSearchParams would replace invalid bytes. Node.js represents each byte of a URL as one character. */
function checkUtf8(url: string): void {
  const bytes = url.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  if (!isUtf8(Buffer.from(bytes, 'latin1'))) throw badInput('url', 'has bytes that are not UTF-8')
}

const isStream = (value: unknown): value is AsyncIterableIterator<object> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value

/** As in Yoga: a status that only the newer media type prescribes (`spec`) does not apply to application/json. */
function statusOfResult(errors: readonly GraphQLError[], type: string): number {
  let status = 0
  for (const { extensions } of errors) {
    const http = extensions.http as { status?: number; spec?: boolean } | undefined
    if (http?.status && !(http.spec && type === JSON_TYPE)) status = Math.max(status, http.status)
  }
  return status || 200
}

/** A request that is refused before execution gets a result with one error and its status. */
function refuseGraphQL(exchange: RequestContext, error: AppError, status = statusOf(error)): void {
  setRefusalHeaders(exchange, status, error)
  const accept = exchange.req.headers.accept ?? ''
  const type = accept.includes(GRAPHQL_TYPE) ? GRAPHQL_TYPE : JSON_TYPE
  const { status: _status, ...extensions } = error.extensions
  const { code, message } = error
  sendJson(exchange, status, { errors: [{ message, extensions: { code, ...extensions } }] }, type)
}
