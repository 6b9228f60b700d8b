import { contextCacheSymbol } from '@pothos/core'
import type { AppContext } from '../app-context.ts'
import type { Identity } from '../identity/identity.ts'
import { tenantContext } from '../identity/tenant-context.ts'
import type { AppError } from '../kit/errors.ts'
import type { TraceContext } from '../tracing/trace-context.ts'
import type { VariablesSource } from './json-variables.ts'

/**
 * Services that resolvers use, created once per process. A feature adds its own with `declare module './context.ts' {
 * interface Services { publisher: Publisher } }`; app.ts must then supply it.
 */
export interface Services {
  core: AppContext
  auditTrail: AuditTrail
}

/**
 * The context of a resolver: the services and the identity. Rows and loaders of a request are cached per context
 * object.
 */
export interface Context extends Services {
  /** Counts its statements against the tenant of the identity. */
  core: AppContext
  identity: Identity
  /** From the X-Request-Id header, or generated; returned in that header and in masked errors. */
  requestId: string
  clientIp: string | null
  /** The trace of the HTTP request; null for an operation on a WebSocket. */
  trace: TraceContext | null
  /** The JSON source of the operation's variables; absent if there is none. */
  variablesSource?: VariablesSource
  /** For an operation on a WebSocket: the running subscriptions of that socket. */
  socket?: LiveSocket
  /** Shared by all code that serves the request. */
  noted?: RequestNotes
  /**
   * The key of Pothos' request caches. Only scope-auth uses them, and its results depend on the identity alone, so
   * they are shared by all requests of an identity.
   */
  [contextCacheSymbol]?: Identity
}

/** Creates the context of one request. It is a new object each time, because loaded rows are cached per context. */
export const createRequestContext = (services: Services, request: Omit<Context, keyof Services>): Context =>
  // Object.assign, because V8 takes 20 times as long for properties after a spread.
  Object.assign({ [contextCacheSymbol]: request.identity }, services, request, {
    core: tenantContext(services.core, request.identity),
  })

/** Facts about a request for its log line and the statistics. */
export interface RequestNotes {
  /** First root field of the operation. */
  operation: string | null
  /** HTTP status of its worst error, if the response itself is 200. */
  status: number | null
}

/** The running subscriptions of a WebSocket, shared by the contexts of all its operations. */
export interface LiveSocket {
  cost: number
}

/** A denied or failed field as recorded in the audit trail. */
export interface AuditedAct {
  action: string
  target: { type: string; id: string } | null
}

/** The interface of the audit trail that the plugin uses; implemented by audit/audit-trail.ts. */
export interface AuditTrail {
  /** The number of entries this request has recorded so far. */
  entryCount(context: Context): number
  /** Records a denial before the client gets it. Never rejects. */
  recordDenial(context: Context, act: AuditedAct, error: AppError): Promise<void>
  /** Records a mutation that failed. Never rejects. */
  recordFailure(context: Context, act: AuditedAct, error: unknown): Promise<void>
  /** Records a mutation that succeeded without an entry of its own: a bug in the mutation. Never rejects. */
  recordMissing(context: Context, act: AuditedAct): Promise<void>
}
