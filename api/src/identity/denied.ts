import { type AppError, forbidden } from '../kit/errors.ts'
import type { Identity } from './identity.ts'

const denied = new WeakMap<object, Identity>()

/** A denial of somebody who is known, before there is a request to speak of. */
export function deny(identity: Identity, message: string, extensions: { requiredRole?: string } = {}): AppError {
  const denial = forbidden(message, extensions)
  denied.set(denial, identity)
  return denial
}

/** Whom a denial by `Authenticate` refused, for the audit trail. */
export const identityDenied = (error: unknown): Identity | null =>
  (typeof error === 'object' && error !== null && denied.get(error)) || null
