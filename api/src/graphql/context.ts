import { contextCacheSymbol } from '@pothos/core'
import type { AppContext } from '../app-context.ts'
import type { Identity } from '../identity/identity.ts'
import { tenantContext } from '../identity/tenant-context.ts'
import type { AppError } from '../kit/errors.ts'
import type { VariablesSource } from './json-variables.ts'

/**
 * What a process serves requests with, made once. A feature that resolvers need something of adds it here:
 * `declare module './context.ts' { interface Services { publisher: Publisher } }`; server.ts then has to supply it.
 */
export interface Services {
  core: AppContext
  auditTrail: AuditTrail
}

/** What a resolver gets: the process's services, and who is asking. Rows and loaders of one request hang on this object. */
export interface Context extends Services {
  /** Its statements are the tenant's, of whom the identity is. */
  core: AppContext
  identity: Identity
  /** Of the X-Request-Id header, or made here; answered in the same header and in errors that are masked. */
  requestId: string
  clientIp: string | null
  /** Where the variables of the operation stand as JSON; left out where there is no such text. */
  variablesSource?: VariablesSource
  /** Of an operation on a WebSocket: what all of them there have running. */
  socket?: LiveSocket
  /** Shared by all who have a part in serving the request. */
  noted?: RequestNotes
  /**
   * What Pothos keeps things of a request by. Its only plugin that does is scope-auth, whose answers are the identity's alone: by
   * that they are found once for all of its requests.
   */
  [contextCacheSymbol]?: Identity
}

/** The context of one request: a new object each time, since what is loaded for a request hangs on it. */
export const createRequestContext = (services: Services, request: Omit<Context, keyof Services>): Context =>
  // By assign: properties after a spread take V8 twenty times as long, for every request.
  Object.assign({ [contextCacheSymbol]: request.identity }, services, request, {
    core: tenantContext(services.core, request.identity),
  })

/** What is noted of a request while it is served, for its line in the log and the statistics. */
export interface RequestNotes {
  /** The first root field of its operation. */
  operation: string | null
  /** The HTTP status that its worst error stands for, where the response itself says 200. */
  status: number | null
}

/** What a WebSocket has running, for the contexts of all operations that come on it. */
export interface LiveSocket {
  cost: number
}

/** A refused or failed field, as the audit trail names it. */
export interface AuditedAct {
  action: string
  target: { type: string; id: string } | null
}

/** What the plugin needs of the audit trail; audit/audit-trail.ts implements it. */
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
