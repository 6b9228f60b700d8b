import { contextCacheSymbol } from '@pothos/core'
import type { AppContext } from '../app-context.ts'
import type { Identity } from '../identity/identity.ts'
import { tenantContext } from '../identity/tenant-context.ts'
import type { AppError } from '../kit/errors.ts'
import type { TraceContext } from '../tracing/trace-context.ts'
import type { VariablesSource } from './json-variables.ts'

/**
 * The services that resolvers use. They are created once per process. A feature adds its own with `declare module
 * './context.ts' { interface Services { publisher: Publisher } }`; app.ts must then create it.
 */
export interface Services {
  core: AppContext
  auditTrail: AuditTrail
}

/**
 * The context of a resolver: the services, and what is known about the request. Loaders cache rows per context object.
 */
export interface Context extends Services {
  /** The same as in Services, except that statements count against the limits of the identity's tenant. */
  core: AppContext
  identity: Identity
  /** The X-Request-Id header, or a generated id. Sent back in that header and in masked errors. */
  requestId: string
  clientIp: string | null
  /** When the request or the operation on a socket arrived, by the monotonic clock of this process (performance.now()). */
  receivedAt: number
  /** The trace of the HTTP request; null for an operation on a WebSocket. */
  trace: TraceContext | null
  /** The JSON text that contains the variables of the operation; absent if there is none. */
  variablesSource?: VariablesSource
  /** The running subscriptions of the socket. Set only for an operation on a WebSocket. */
  socket?: LiveSocket
  /** The same object for all code that handles the request. */
  noted?: RequestNotes
  /**
   * The key of Pothos' caches per request. Only scope-auth uses them. Its results depend only on the identity, so all
   * requests of an identity share them.
   */
  [contextCacheSymbol]?: Identity
}

/** Creates the context of one request. Every request needs a new object, because loaders cache rows per context. */
export const createRequestContext = (services: Services, request: Omit<Context, keyof Services>): Context =>
  // Object.assign is used because V8 needs 20 times as long to add properties after a spread.
  Object.assign({ [contextCacheSymbol]: request.identity }, services, request, {
    core: tenantContext(services.core, request.identity),
  })

/** The facts about a request for its log line and the statistics. */
export interface RequestNotes {
  /** The name of the first root field of the operation. */
  operation: string | null
  /** The HTTP status of the worst error. Null unless the status of the response itself is 200. */
  status: number | null
}

/** The running subscriptions of a WebSocket. All operations on the socket share this object. */
export interface LiveSocket {
  cost: number
}

/** A field that was denied or has failed, as the audit trail records it. */
export interface AuditedAct {
  action: string
  target: { type: string; id: string } | null
}

/** The part of the audit trail that the audit plugin uses. audit/audit-trail.ts implements it. */
export interface AuditTrail {
  /** The number of audit entries that this request has added. */
  entryCount(context: Context): number
  /** Records a denial. Resolves before the client gets the error. Never rejects. */
  recordDenial(context: Context, act: AuditedAct, error: AppError): Promise<void>
  /** Records a mutation that failed. Never rejects. */
  recordFailure(context: Context, act: AuditedAct, error: unknown): Promise<void>
  /** Records a mutation that succeeded but added no audit entry, which is a bug in the mutation. Never rejects. */
  recordMissing(context: Context, act: AuditedAct): Promise<void>
}
