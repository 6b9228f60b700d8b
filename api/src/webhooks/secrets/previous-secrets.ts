import { z } from 'zod'

/**
 * A secret that was replaced by a rotation. Until `expiresAt`, requests are signed with it in addition to the current
 * secret.
 */
export interface PreviousSecret {
  /** The encrypted secret (kit/seal.ts). It can be decrypted only for its webhook. */
  sealed: string
  expiresAt: Date
}

const column = z.array(z.object({ sealed: z.string(), expiresAt: z.coerce.date() }))

/** The secrets in the column `previous_secrets` of a webhook, newest first. */
export const parsePreviousSecrets = (stored: unknown): PreviousSecret[] => column.parse(stored)

/** The secrets that are still used at `now` (milliseconds). */
export const stillValid = (secrets: readonly PreviousSecret[], now: number): PreviousSecret[] =>
  secrets.filter(({ expiresAt }) => expiresAt.getTime() > now)

/** Converts the secrets to the form in which the column stores them. */
export const previousSecretsJson = (secrets: readonly PreviousSecret[]) =>
  secrets.map(({ sealed, expiresAt }) => ({ sealed, expiresAt: expiresAt.toISOString() }))

/** When the last of the previous secrets is no longer used; null if there are none. */
export function lastExpiry(stored: unknown): Date | null {
  const instants = parsePreviousSecrets(stored).map(({ expiresAt }) => expiresAt.getTime())
  return instants.length === 0 ? null : new Date(Math.max(...instants))
}
