import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'

/** Signatures of the Standard Webhooks specification, version 1 (symmetric): https://www.standardwebhooks.com */

export const SECRET_PREFIX = 'whsec_'
const GENERATED_BYTES = 32
/** Lengths that the specification recommends. */
const MIN_BYTES = 24
const MAX_BYTES = 64

/** A new secret: `whsec_` and 32 random bytes in base64. */
export function generateSecret(): string {
  return SECRET_PREFIX + randomBytes(GENERATED_BYTES).toString('base64')
}

/** The reason why a custom secret is refused, without repeating it; null when it is valid. */
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
 * A signer for many messages, with prepared keys. `secrets`: the current secret first, then previous ones in their
 * grace: receivers accept a message when any signature fits. Throws for an undecodable secret.
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
  // Buffer.from skips invalid characters: the decoded bytes must encode to the same text.
  return bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '') ? bytes : null
}
