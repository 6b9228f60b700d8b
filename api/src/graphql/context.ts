import { contextCacheSymbol } from '@pothos/core'
import type { Identity } from '../identity/identity.ts'
import { tenantCore } from '../identity/tenant-context.ts'
import type { Core } from '../app-context.ts'
import type { LiveSocket } from './limits/live-cost.ts'

/**
 * What a process serves requests with, made once. A feature that resolvers need something of adds it here:
 * `declare module './context.ts' { interface Services { publisher: Publisher } }`; server.ts then has to supply it.
 */
export interface Services {
  core: Core
}

/** What a resolver gets: the process's services, and who is asking. Rows and loaders of one request hang on this object. */
export interface Context extends Services {
  /** Its statements are the tenant's, of whom the identity is. */
  core: Core
  identity: Identity
  /** Of the X-Request-Id header, or made here; answered in the same header and in errors that are masked. */
  requestId: string
  clientIp: string | null
  /** Of an operation on a WebSocket: what all of them there have running. */
  socket?: LiveSocket
  /** Shared by all who have a part in serving the request. */
  noted?: Noted
  /**
   * What Pothos keeps things of a request by. Its only plugin that does is scope-auth, whose answers are the identity's alone: by
   * that they are found once for all of its requests.
   */
  [contextCacheSymbol]?: Identity
}

/** The context of one request: a new object each time, since what is loaded for a request hangs on it. */
export const requestContext = (services: Services, request: Omit<Context, keyof Services>): Context =>
  // By assign: properties after a spread take V8 twenty times as long, for every request.
  Object.assign({ [contextCacheSymbol]: request.identity }, services, request, {
    core: tenantCore(services.core, request.identity),
  })

/** What is noted of a request while it is served, for its line in the log and the statistics. */
export interface Noted {
  /** The first root field of its operation. */
  operation: string | null
  /** The HTTP status that its worst error stands for, where the response itself says 200. */
  status: number | null
}
