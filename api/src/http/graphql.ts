import type { ServerResponse } from 'node:http'
import type { GraphQLError } from 'graphql'
import type { GraphQLParams } from 'graphql-yoga'
import type { Context, Services } from '../graphql/context.ts'
import { codedError } from '../graphql/errors.ts'
import { type AppError, badInput } from '../kit/errors.ts'
import { type Exchange, isJson, parseJson, readText, sendJson, sendText } from './exchange.ts'
import { type GraphQLEngine, isResult, withoutHttp } from './graphql-engine.ts'
import { STATUS } from './problem.ts'
import type { GuardedRoute } from './router.ts'

const JSON_TYPE = 'application/json'
const GRAPHQL_TYPE = 'application/graphql-response+json'

/**
 * GraphQL over HTTP. One operation in a JSON body, answered in JSON, is what nearly every request is: it goes through Yoga's
 * engine (parser and validation caches, plugins), but past its Request and Response objects, which cost as much as the
 * rest. Everything else (GET, forms, event streams) is Yoga's in full. Both give the same answers; a test compares them.
 */
export function createGraphQLRoute(engine: GraphQLEngine, services: Services): GuardedRoute & { cutStreams(): void } {
  const { log } = services.core
  const streams = new Set<ServerResponse>()

  return {
    // Cut, not completed: a stream that was cut is one that its client takes up again elsewhere.
    cutStreams() {
      for (const res of streams) res.destroy()
    },
    path: '/graphql',
    methods: ['GET', 'POST'],
    refuse: refuseGraphQL,
    async handle(exchange, identity) {
      const { req, res, requestId, clientIp } = exchange
      const context: Context = { ...services, identity, requestId, clientIp }
      if (!isReadable(exchange)) return refuseGraphQL(exchange, notJson(exchange), 415)
      const type = plainType(exchange)
      if (type === null) {
        if (req.headers.accept?.includes('text/event-stream')) {
          streams.add(res)
          res.once('close', () => streams.delete(res))
        }
        await engine.yoga(req, res, context)
        return
      }
      const params = paramsOf(parseJson(await readText(exchange)))
      let result: unknown
      try {
        result = await engine.run(params, context)
      } catch (error) {
        result = { errors: [error] }
      }
      if (!isResult(result)) {
        // A subscription: its client has to accept a stream of events.
        await endStream(result)
        sendText(res, 406, '', type)
        return
      }
      const errors = result.errors?.map((error) => codedError(error, requestId, log))
      const status = errors ? statusOf(errors, type) : 200
      const body = errors ? { ...result, errors: errors.map(withoutHttp) } : result
      sendText(res, status, JSON.stringify(body), `${type}; charset=utf-8`)
    },
  }
}

/**
 * A form on any page can send its own content types, and a browser adds what it has of the reader's to it; JSON it sends to
 * others only where they let it (CORS, which we do not). So nothing else is read, be it well-formed.
 */
const isReadable = ({ req }: Exchange) => req.method !== 'POST' || isJson(req.headers['content-type'])

const notJson = ({ req }: Exchange) =>
  badInput('body', `is ${req.headers['content-type']?.slice(0, 100) ?? 'of no type'}; takes application/json`)

/** What the engine checks is only what is in the object. */
function paramsOf(body: unknown): GraphQLParams {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body
  const came = Array.isArray(body) ? 'a list; operations are not taken in batches' : JSON.stringify(body).slice(0, 60)
  throw badInput('body', `is ${came}; takes an object with query, variables and operationName`)
}

/** The type to answer in, when a request is of the plain kind; else null. */
function plainType({ req }: Exchange): string | null {
  if (req.method !== 'POST' || !isJson(req.headers['content-type'])) return null
  return PLAIN_ACCEPT.get(req.headers.accept) ?? null
}

/** What clients that want one answer send, and what Yoga answers it in. The fourth is Apollo Client's. */
const PLAIN_ACCEPT = new Map<string | undefined, string>([
  [undefined, JSON_TYPE],
  ['*/*', JSON_TYPE],
  [JSON_TYPE, JSON_TYPE],
  [`${GRAPHQL_TYPE},${JSON_TYPE};q=0.9`, GRAPHQL_TYPE],
  [GRAPHQL_TYPE, GRAPHQL_TYPE],
])

async function endStream(result: unknown): Promise<void> {
  if (typeof result === 'object' && result !== null && 'return' in result && typeof result.return === 'function')
    await result.return()
}

/** As Yoga has it: a status that only the newer media type prescribes (`spec`) does not touch application/json. */
function statusOf(errors: readonly GraphQLError[], type: string): number {
  let status = 0
  for (const { extensions } of errors) {
    const http = extensions.http as { status?: number; spec?: boolean } | undefined
    if (http?.status && !(http.spec && type === JSON_TYPE)) status = Math.max(status, http.status)
  }
  return status || 200
}

/** What is refused before there is an operation is told as a result with one error, and by its status. */
function refuseGraphQL(exchange: Exchange, error: AppError, status = STATUS[error.code]): void {
  if (status === 401) exchange.res.setHeader('www-authenticate', 'Bearer')
  const accept = exchange.req.headers.accept ?? ''
  const type = accept.includes(GRAPHQL_TYPE) ? GRAPHQL_TYPE : JSON_TYPE
  const { code, message, extensions } = error
  sendJson(exchange, status, { errors: [{ message, extensions: { code, ...extensions } }] }, type)
}
