import type { IncomingHttpHeaders } from 'node:http'
import { type ExecutionArgs, type ExecutionResult, GraphQLError } from 'graphql'
import { CloseCode, makeServer, type OperationResult, type SubscribePayload } from 'graphql-ws'
import { isTransientError } from '../../db/transient-errors.ts'
import type { LiveSocket } from '../../graphql/context.ts'
import { type Context, createRequestContext, type Services } from '../../graphql/context.ts'
import { codedError } from '../../graphql/errors.ts'
import { SerializedResult } from '../../graphql/serialized-result.ts'
import type { AdmitRequest, Authenticate } from '../../identity/authentication.ts'
import { identityDenied } from '../../identity/denied.ts'
import type { Identity } from '../../identity/identity.ts'
import { AppError } from '../../kit/errors.ts'
import { noteErrors } from '../error-response.ts'
import { type GraphQLEngine, withoutHttp } from '../graphql-engine.ts'
import type { RequestLog } from '../request-log.ts'
import { credentialsOf } from './credentials.ts'

/** The state and functions of a socket that the protocol uses. */
export interface Connection {
  /** The headers of the upgrade request. */
  readonly headers: IncomingHttpHeaders
  readonly requestId: string
  readonly clientIp: string | null
  /** The message that is being passed to the protocol. Valid in the current turn of the event loop only. */
  readonly receiving: string
  /** The identity; null until it is known. */
  identity: Identity | null
  /** The same object for the contexts of all operations on the socket. */
  readonly live: LiveSocket
  /** The operations that are running, oldest first. */
  readonly operations: ReadonlySet<Operation>
  /** Called when the identity is known. `proof` are its credentials. */
  onIdentity(identity: Identity, proof: IncomingHttpHeaders): void
  /** Called in the same turn of the event loop in which the message of the operation was passed to the protocol. */
  onOperation(operation: Operation): void
  /** Called if the result of an operation is a stream. */
  onStream(operation: Operation): void
  close(code: number, reason: string): void
}

/** A request that was refused because a role is missing. */
export interface DeniedRequest {
  identity: Identity
  requestId: string
  clientIp: string | null
}

export interface Operation {
  /** The id that the client has given the operation. The client uses it for one running operation at a time. */
  readonly id: string
  readonly context: Context
  /** Whether the result is a stream. */
  streams: boolean
  /** Must be called when the message has been processed completely. */
  end(): void
  readonly ended: Promise<void>
}

export interface ProtocolOptions {
  engine: GraphQLEngine
  services: Services
  authenticate: Authenticate
  /** Counts every operation as a request of the tenant. */
  admit: AdmitRequest
  /** Records every operation that has ended. */
  requestLog: RequestLog
  /** Records a denial. The socket is closed after it has resolved. */
  onDenied: (denied: DeniedRequest, error: AppError) => Promise<void>
}

export type Protocol = ReturnType<typeof createProtocol>

/** The WebSocket close code "try again later" (IANA, WebSocket Close Code Number Registry). */
const TRY_AGAIN_LATER = 1013

/**
 * The protocol graphql-transport-ws (github.com/enisdenjo/graphql-ws, PROTOCOL.md). It uses the same engine as HTTP,
 * with the same caches, limits and refusals. Errors have the same codes as over HTTP. Errors before execution are
 * `error` messages; errors during execution are in `next` messages.
 */
export function createProtocol({ engine, services, authenticate, admit, requestLog, onDenied }: ProtocolOptions) {
  const { log, env } = services.core
  let count = 0

  const begin = ({ requestId, clientIp, live, receiving }: Connection, identity: Identity, id: string): Operation => {
    count += 1
    const noted = { operation: null, status: null }
    const variablesSource = { text: receiving, path: ['payload', 'variables'] }
    const receivedAt = performance.now()
    const request = {
      identity,
      requestId: `${requestId}.${count}`,
      clientIp,
      receivedAt,
      trace: null,
      noted,
      socket: live,
      variablesSource,
    }
    const context = createRequestContext(services, request)
    let resolve = () => {}
    const ended = new Promise<void>((done) => {
      resolve = done
    })
    const end = () => {
      resolve()
      requestLog.done({
        method: 'WS',
        path: '/graphql',
        operation: context.noted?.operation ?? '/graphql',
        status: context.noted?.status ?? 200,
        identity,
        clientIp,
        requestId: context.requestId,
        traceId: null,
        durationMs: performance.now() - receivedAt,
      })
    }
    return { id, context, streams: false, end, ended }
  }

  const coded = (errors: readonly GraphQLError[], context: Context) => {
    const told = errors.map((error) => codedError(error, context, log))
    noteErrors(context, told)
    return told.map(withoutHttp)
  }

  const refuse = async (connection: Connection, error: unknown) => {
    const isUnavailable = error instanceof AppError && error.code === 'UNAVAILABLE'
    if (isUnavailable || isTransientError(error))
      return connection.close(TRY_AGAIN_LATER, 'A required server is unavailable, try again')
    if (!(error instanceof AppError)) throw error
    const identity = identityDenied(error)
    if (identity) {
      const { requestId, clientIp } = connection
      await onDenied({ identity, requestId, clientIp }, error)
    }
    connection.close(CloseCode.Forbidden, `Forbidden: ${error.message}`)
  }

  return makeServer<Record<string, unknown>, Connection>({
    connectionInitWaitTimeout: env.WEBSOCKET_INIT_TIMEOUT_MS,

    async onConnect({ connectionParams, extra: connection }) {
      const proof = credentialsOf(connectionParams, connection.headers)
      try {
        const identity = await authenticate(proof)
        if (identity) connection.onIdentity(identity, proof)
        return identity !== null
      } catch (error) {
        await refuse(connection, error)
        return false
      }
    },

    async onSubscribe({ extra: connection, subscriptions }, id, payload) {
      if (connection.identity === null) throw new Error('an operation arrived before authentication')
      const before = withId(connection, id).at(-1)
      const operation = begin(connection, connection.identity, id)
      connection.onOperation(operation)
      if (connection.operations.size > env.WEBSOCKET_MAX_OPERATIONS) return [tooMany(env.WEBSOCKET_MAX_OPERATIONS)]
      if (before) {
        // The client has completed the previous operation, so it may use its id again, but that operation still runs
        // here. When it ends, it must not release the id of the new operation.
        await before.ended
        subscriptions[id] = null
      }
      try {
        await admit(connection.identity)
        return await prepare(engine, payload, operation.context)
      } catch (error) {
        return [graphQLError(error)]
      }
    },

    execute: (args) => asResult(() => engine.execute(args)),
    subscribe: (args) => asResult(() => engine.subscribe(args)),

    onOperation({ extra: connection }, id, _payload, _args, result) {
      const operation = withId(connection, id).at(0)
      if (operation && Symbol.asyncIterator in result) connection.onStream(operation)
    },

    onNext(_context, _id, _payload, { contextValue }: ExecutionArgs, result: ExecutionResult) {
      const context = contextValue as Context
      if (result instanceof SerializedResult) {
        if (result.errors) noteErrors(context, result.errors)
        return result
      }
      // graphql-ws serialises messages itself and cannot handle a JsonText.
      return new SerializedResult(result, result.errors && { ...result, errors: coded(result.errors, context) })
    },

    onError({ extra: connection }, id, _payload, errors) {
      const operation = withId(connection, id).at(0)
      if (operation) return coded(errors, operation.context)
    },
  })
}

/** Operations with this id, oldest first. The first one is running; the others wait for it. */
const withId = ({ operations }: Connection, id: string): Operation[] =>
  [...operations].filter((operation) => operation.id === id)

/** Validates a document. Returns its errors, or the operation that is ready to run. Throws for a syntax error. */
async function prepare(
  engine: GraphQLEngine,
  payload: SubscribePayload,
  context: Context,
): Promise<ExecutionArgs | readonly GraphQLError[]> {
  const { variables, operationName, extensions } = payload
  const { query } = await engine.admit(payload, context)
  const params = {
    query,
    ...(variables && { variables }),
    ...(operationName && { operationName }),
    ...(extensions && { extensions }),
  }
  const { schema, parse, validate, contextFactory } = engine.prepare(params, context)
  const document = parse(query)
  const errors: readonly GraphQLError[] = validate(schema, document)
  if (errors.length > 0) return errors
  return { schema, document, operationName, variableValues: variables, contextValue: await contextFactory() }
}

/** Converts an exception during an operation to a result, because it must not close the socket. */
async function asResult(run: () => unknown): Promise<Awaited<OperationResult>> {
  try {
    return (await run()) as Awaited<OperationResult>
  } catch (error) {
    return { errors: [graphQLError(error)] }
  }
}

const graphQLError = (error: unknown): GraphQLError =>
  error instanceof GraphQLError
    ? error
    : new GraphQLError(error instanceof Error ? error.message : String(error), {
        originalError: error instanceof Error ? error : new Error(String(error)),
      })

const tooMany = (limit: number) =>
  graphQLError(
    new AppError('RATE_LIMITED', `a socket runs at most ${limit} operations; complete some or open another socket`),
  )
