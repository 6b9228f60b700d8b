import { type AppError, forbidden } from '../kit/errors.ts'
import type { Identity } from './identity.ts'

const denied = new WeakMap<object, Identity>()

/** The error for a known identity that is refused before its request runs. */
export function deny(identity: Identity, message: string, extensions: { requiredRole?: string } = {}): AppError {
  const denial = forbidden(message, extensions)
  denied.set(denial, identity)
  return denial
}

/** The identity that `Authenticate` refused with this error, for the audit trail. */
export const identityDenied = (error: unknown): Identity | null =>
  (typeof error === 'object' && error !== null && denied.get(error)) || null
