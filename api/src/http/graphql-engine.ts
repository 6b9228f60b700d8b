import type { GraphQLError, GraphQLSchema } from 'graphql'
import { createYoga, type GraphQLParams, type Plugin } from 'graphql-yoga'
import { isIntrospectable } from '../env.ts'
import type { Context, Services } from '../graphql/context.ts'
import { createDocumentAdmission } from '../graphql/document-admission.ts'
import { codedError } from '../graphql/errors.ts'
import { closedIntrospection } from '../graphql/introspection.ts'
import { createLimits } from '../graphql/limits/plugin.ts'
import { livePlugin } from '../graphql/live/shared-subscriptions.ts'
import { stringifyJson } from '../kit/json/json-text.ts'
import type { Log } from '../kit/log.ts'
import { MAX_BODY_BYTES } from './body.ts'
import { noteErrors } from './error-response.ts'

/** A result in the sense of GraphQL over HTTP. */
export interface Result {
  data?: unknown
  errors?: readonly GraphQLError[]
  extensions?: unknown
}

export type GraphQLEngine = ReturnType<typeof createGraphQLEngine>

/**
 * The Yoga engine, one per process: all transports share the schema, the plugins and the caches of parsed and
 * validated documents. `yoga` is its complete HTTP handling, `run` executes one operation from text to result,
 * `prepare` returns the functions for the steps before `execute` or `subscribe`.
 */
export function createGraphQLEngine(schema: GraphQLSchema, { core: { log, env } }: Services) {
  const limits = createLimits(env)
  const admission = createDocumentAdmission(env)
  const yoga = createYoga<Context>({
    schema,
    graphqlEndpoint: '/graphql',
    // GraphiQL has its own route, errors get their codes below, and the router logs, so these features are disabled.
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
  // The engine reads nothing of a request but its method.
  const requests = {
    GET: new yoga.fetchAPI.Request('http://localhost/graphql'),
    POST: new yoga.fetchAPI.Request('http://localhost/graphql', { method: 'POST' }),
  }
  const { execute, subscribe } = yoga.getEnveloped()
  return {
    yoga,
    run: (params: GraphQLParams, context: Context, method: 'GET' | 'POST' = 'POST'): unknown =>
      yoga.getResultForParams({ params, request: requests[method] }, context),
    /**
     * The document text of an operation that bypasses Yoga's parameter handling. Rejects if the document is refused.
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

/** The error as sent to the client; `extensions.http` is internal. */
export function withoutHttp(error: GraphQLError) {
  const { extensions, ...rest } = error.toJSON()
  const { http: _http, ...shown } = extensions ?? {}
  return { ...rest, extensions: shown }
}

function codeErrors(log: Log): Plugin<object, Context> {
  return {
    onResultProcess({ result, setResult, serverContext }) {
      if (!isResult(result)) return
      // Yoga's HTTP handling serialises a result with its `stringify`.
      if (!result.errors?.length) return setResult({ ...result, stringify: stringifyJson })
      const errors = result.errors.map((error) => codedError(error, serverContext, log))
      noteErrors(serverContext, errors)
      setResult({ ...result, errors, stringify: stringifyJson })
    },
  }
}
