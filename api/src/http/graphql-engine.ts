import type { GraphQLError, GraphQLSchema } from 'graphql'
import { createYoga, type GraphQLParams, type Plugin } from 'graphql-yoga'
import { isIntrospectable } from '../env.ts'
import type { Context, Services } from '../graphql/context.ts'
import { createDocumentAdmission } from '../graphql/document-admission.ts'
import { codedError } from '../graphql/errors.ts'
import { closedIntrospection } from '../graphql/introspection.ts'
import { createLimits } from '../graphql/limits/plugin.ts'
import { livePlugin } from '../graphql/live/shared-subscriptions.ts'
import { stringifyJson } from '../kit/json-text.ts'
import type { Log } from '../kit/log.ts'
import { MAX_BODY_BYTES } from './body.ts'
import { noteErrors } from './error-response.ts'

/** A result as GraphQL over HTTP knows it. */
export interface Result {
  data?: unknown
  errors?: readonly GraphQLError[]
  extensions?: unknown
}

export type GraphQLEngine = ReturnType<typeof createGraphQLEngine>

/**
 * Yoga, once for a process: every way in has the same schema, plugins, and caches of documents that were parsed and found
 * valid. `yoga` is its handling of HTTP in full, `run` one operation from its text to its result, `prepare` the functions
 * that do the steps before `execute` or `subscribe`.
 */
export function createGraphQLEngine(schema: GraphQLSchema, { core: { log, env } }: Services) {
  const limits = createLimits(env)
  const admission = createDocumentAdmission(env)
  const yoga = createYoga<Context>({
    schema,
    graphqlEndpoint: '/graphql',
    // The page is a route of its own, errors are coded below, and the router logs: less is done per request.
    graphiql: false,
    landingPage: false,
    maskedErrors: false,
    logging: false,
    cors: false,
    multipart: false,
    batching: false,
    maxRequestBodySize: MAX_BODY_BYTES,
    parserAndValidationCache: limits.cache,
    plugins: [
      admission.plugin,
      ...limits.plugins,
      ...(isIntrospectable(env) ? [] : [closedIntrospection]),
      codeErrors(log),
      livePlugin({ log, env }),
    ],
  })
  // The engine asks a request for nothing but its method.
  const requests = {
    GET: new yoga.fetchAPI.Request('http://localhost/graphql'),
    POST: new yoga.fetchAPI.Request('http://localhost/graphql', { method: 'POST' }),
  }
  const { execute, subscribe } = yoga.getEnveloped()
  return {
    yoga,
    run: (params: GraphQLParams, context: Context, method: 'GET' | 'POST' = 'POST'): unknown =>
      yoga.getResultForParams({ params, request: requests[method] }, context),
    /** The text to run, of an operation that comes past Yoga's handling of parameters. Rejects when it is refused. */
    admit: admission.admit,
    prepare: (params: GraphQLParams, context: Context) =>
      yoga.getEnveloped({ ...context, request: requests.POST, params }),
    execute,
    subscribe,
  }
}

export const isResult = (value: unknown): value is Result =>
  typeof value === 'object' && value !== null && !(Symbol.asyncIterator in value)

/** An error as its caller gets it: `extensions.http` is for us. */
export function withoutHttp(error: GraphQLError) {
  const { extensions, ...rest } = error.toJSON()
  const { http: _http, ...shown } = extensions ?? {}
  return { ...rest, extensions: shown }
}

function codeErrors(log: Log): Plugin<object, Context> {
  return {
    onResultProcess({ result, setResult, serverContext }) {
      if (!isResult(result)) return
      // Yoga's handling of HTTP makes a result's text by its `stringify`.
      if (!result.errors?.length) return setResult({ ...result, stringify: stringifyJson })
      const errors = result.errors.map((error) => codedError(error, serverContext.requestId, log))
      noteErrors(serverContext, errors)
      setResult({ ...result, errors, stringify: stringifyJson })
    },
  }
}
