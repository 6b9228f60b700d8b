import { z } from 'zod'

/** A secret that a rotation replaced. It signs beside the current secret until `expiresAt`. */
export interface PreviousSecret {
  /** Sealed (kit/seal.ts), bound to the webhook. */
  sealed: string
  expiresAt: Date
}

const column = z.array(z.object({ sealed: z.string(), expiresAt: z.coerce.date() }))

/** The column `previous_secrets` of a webhook, the newest secret first. */
export const parsePreviousSecrets = (stored: unknown): PreviousSecret[] => column.parse(stored)

/** The secrets that still sign at `now` (milliseconds). */
export const stillValid = (secrets: readonly PreviousSecret[], now: number): PreviousSecret[] =>
  secrets.filter(({ expiresAt }) => expiresAt.getTime() > now)

/** The form in which the column stores them. */
export const previousSecretsJson = (secrets: readonly PreviousSecret[]) =>
  secrets.map(({ sealed, expiresAt }) => ({ sealed, expiresAt: expiresAt.toISOString() }))

/** The instant at which the last previous secret stops signing; null: there is none. */
export function lastExpiry(stored: unknown): Date | null {
  const instants = parsePreviousSecrets(stored).map(({ expiresAt }) => expiresAt.getTime())
  return instants.length === 0 ? null : new Date(Math.max(...instants))
}
