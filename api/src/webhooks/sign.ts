import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'

/** Signatures of the Standard Webhooks specification, version 1 (symmetric): https://www.standardwebhooks.com */

export const SECRET_PREFIX = 'whsec_'
const GENERATED_BYTES = 32
/** What the specification recommends for secrets. */
const MIN_BYTES = 24
const MAX_BYTES = 64

/** A new secret: `whsec_` and 32 random bytes in base64. */
export function generateSecret(): string {
  return SECRET_PREFIX + randomBytes(GENERATED_BYTES).toString('base64')
}

/** Why a secret that somebody brings is refused, without repeating it; null when it is fine. */
export function secretProblem(secret: string): string | null {
  const wanted = `a secret is "${SECRET_PREFIX}" and ${MIN_BYTES} to ${MAX_BYTES} bytes in base64`
  if (!secret.startsWith(SECRET_PREFIX)) return `does not start with "${SECRET_PREFIX}"; ${wanted}`
  const key = decode(secret)
  if (key === null) return `is not base64 after "${SECRET_PREFIX}"; ${wanted}`
  if (key.length < MIN_BYTES || key.length > MAX_BYTES) return `has ${key.length} bytes; ${wanted}`
  return null
}

/** The value of `webhook-signature` for one message. */
export type Signer = (id: string, timestampSeconds: number, body: string) => string

/**
 * A signer with its keys prepared, for many messages. `secrets`: the current one first; after a rotation the previous one
 * with it, until its grace ends: receivers accept a message when any signature fits. Throws for an undecodable secret.
 */
export function signer(...secrets: readonly string[]): Signer {
  const [first, ...more] = secrets.map(toKey)
  if (first === undefined) throw new Error('a signer needs at least one secret')
  if (more.length === 0) return (id, timestamp, body) => signature(first, `${id}.${timestamp}.${body}`)
  return (id, timestamp, body) => {
    const content = `${id}.${timestamp}.${body}`
    return [first, ...more].map((key) => signature(key, content)).join(' ')
  }
}

const signature = (key: KeyObject, content: string) =>
  `v1,${createHmac('sha256', key).update(content).digest('base64')}`

function toKey(secret: string): KeyObject {
  const bytes = decode(secret)
  if (bytes === null || bytes.length === 0) throw new Error('a webhook secret is not base64')
  return createSecretKey(bytes)
}

/** The bytes of a secret with or without its prefix; null when it is not canonical base64. */
function decode(secret: string): Buffer | null {
  const text = secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret
  const bytes = Buffer.from(text, 'base64')
  // Buffer.from skips what is not base64: what it understood has to be all there was.
  return bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '') ? bytes : null
}
