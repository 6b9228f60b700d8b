import type { GraphQLError, GraphQLSchema } from 'graphql'
import { createYoga, type GraphQLParams, type Plugin } from 'graphql-yoga'
import { isIntrospectable } from '../env.ts'
import type { Context, Services } from '../graphql/context.ts'
import { createDocumentAdmission } from '../graphql/document-admission.ts'
import { codedError } from '../graphql/errors.ts'
import { closedIntrospection } from '../graphql/introspection.ts'
import { createLimits } from '../graphql/limits/plugin.ts'
import { livePlugin } from '../graphql/live/shared-subscriptions.ts'
import { createPacedStart } from '../graphql/paced-start.ts'
import { processPace } from '../kit/async/pace.ts'
import { stringifyJson } from '../kit/json/json-text.ts'
import type { Log } from '../kit/log.ts'
import { MAX_BODY_BYTES } from './body.ts'
import { noteErrors } from './error-response.ts'

/** The result of an operation, as defined by GraphQL over HTTP. */
export interface Result {
  data?: unknown
  errors?: readonly GraphQLError[]
  extensions?: unknown
}

export type GraphQLEngine = ReturnType<typeof createGraphQLEngine>

/**
 * Creates the Yoga engine. There is one per process, so all transports share the schema, the plugins and the caches of
 * parsed and validated documents. `yoga` handles complete HTTP requests. `run` executes one operation, from its text to
 * its result. `prepare` returns the functions for the steps before `execute` or `subscribe`.
 */
export function createGraphQLEngine(schema: GraphQLSchema, { core: { log, env } }: Services) {
  const limits = createLimits(env)
  const admission = createDocumentAdmission(env)
  const yoga = createYoga<Context>({
    schema,
    graphqlEndpoint: '/graphql',
    // These features are disabled, because GraphiQL has its own route, errors get their codes below, and the router
    // logs requests.
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
  // The engine uses only the method of a request, so two constant requests are enough.
  const requests = {
    GET: new yoga.fetchAPI.Request('http://localhost/graphql'),
    POST: new yoga.fetchAPI.Request('http://localhost/graphql', { method: 'POST' }),
  }
  const { execute, subscribe } = yoga.getEnveloped()
  return {
    yoga,
    /** Waits until the operation may start; null if it may at once. */
    start: createPacedStart(schema, limits.cache.documentCache, processPace),
    run: (params: GraphQLParams, context: Context, method: 'GET' | 'POST' = 'POST'): unknown =>
      yoga.getResultForParams({ params, request: requests[method] }, context),
    /**
     * Returns the parameters with the text of the document, for an operation that bypasses Yoga's handling of
     * parameters. Rejects if the document is refused.
     */
    admit: admission.admit,
    prepare: (params: GraphQLParams, context: Context) =>
      yoga.getEnveloped({ ...context, request: requests.POST, params }),
    execute,
    subscribe,
  }
}

export const isResult = (value: unknown): value is Result =>
  typeof value === 'object' && value !== null && !(Symbol.asyncIterator in value)

/** An error in the form in which the client gets it. `extensions.http` is internal, so it is removed. */
export function withoutHttp(error: GraphQLError) {
  const { extensions, ...rest } = error.toJSON()
  const { http: _http, ...shown } = extensions ?? {}
  return { ...rest, extensions: shown }
}

function codeErrors(log: Log): Plugin<object, Context> {
  return {
    onResultProcess({ result, setResult, serverContext }) {
      if (!isResult(result)) return
      // When Yoga handles an HTTP request, it serialises the result with `stringify`.
      if (!result.errors?.length) return setResult({ ...result, stringify: stringifyJson })
      const errors = result.errors.map((error) => codedError(error, serverContext, log))
      noteErrors(serverContext, errors)
      setResult({ ...result, errors, stringify: stringifyJson })
    },
  }
}
