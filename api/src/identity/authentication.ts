import type { IncomingHttpHeaders } from 'node:http'
import { AppError } from '../kit/errors.ts'
import type { Identity } from './identity.ts'

/**
 * Finds the identity that a request's headers prove; null if they carry no credentials. Answers synchronously if the
 * credential is cached. Throws UNAUTHENTICATED for refused credentials, FORBIDDEN for a known identity without a role,
 * BAD_USER_INPUT for an invalid X-Tenant-ID, and UNAVAILABLE while the server that could answer is unreachable.
 */
export type Authenticate = (headers: IncomingHttpHeaders) => Promise<Identity | null> | Identity | null

/**
 * Watches an identity for a connection that outlives its request: calls `lost` once, as soon as the headers no longer
 * prove the identity. The returned function ends the watch.
 */
export type WatchIdentity = (headers: IncomingHttpHeaders, identity: Identity, lost: () => void) => () => void

/** Counts a request against its tenant's limit: rejects with RATE_LIMITED. Null: the request is admitted at once. */
export type AdmitRequest = (identity: Identity) => Promise<void> | null

/** The error for a request without an acceptable identity. */
export const unauthenticated = (): AppError =>
  new AppError(
    'UNAUTHENTICATED',
    'this requires an API key or a token that is known and not expired, as "Authorization: Bearer ..." or "X-API-Key: ..."',
  )
