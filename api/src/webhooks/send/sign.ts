import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'

/** Signatures of Standard Webhooks, version 1 (symmetric): https://www.standardwebhooks.com */

export const SECRET_PREFIX = 'whsec_'
const GENERATED_BYTES = 32
/** The lengths of a secret that the specification recommends. */
const MIN_BYTES = 24
const MAX_BYTES = 64

/** Creates a secret: `whsec_` and 32 random bytes as base64. */
export function generateSecret(): string {
  return SECRET_PREFIX + randomBytes(GENERATED_BYTES).toString('base64')
}

/** Why a custom secret is invalid, without repeating it. Null if it is valid. */
export function secretProblem(secret: string): string | null {
  const wanted = `a secret is "${SECRET_PREFIX}" and ${MIN_BYTES} to ${MAX_BYTES} bytes in base64`
  if (!secret.startsWith(SECRET_PREFIX)) return `does not start with "${SECRET_PREFIX}"; ${wanted}`
  const key = decode(secret)
  if (key === null) return `is not base64 after "${SECRET_PREFIX}"; ${wanted}`
  if (key.length < MIN_BYTES || key.length > MAX_BYTES) return `has ${key.length} bytes; ${wanted}`
  return null
}

/** Computes the `webhook-signature` header of a message. */
export type Signer = (id: string, timestampSeconds: number, body: string) => string

/**
 * Creates a signer whose keys are prepared for many messages. `secrets` are the current secret and then the previous
 * ones in their grace period. Receivers accept a message if one of its signatures is right. Throws for a secret that
 * cannot be decoded.
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

/** The bytes of a secret, with or without its prefix. Null if the text is not canonical base64. */
function decode(secret: string): Buffer | null {
  const text = secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret
  const bytes = Buffer.from(text, 'base64')
  // Buffer.from skips invalid characters, so the bytes are encoded again and compared.
  return bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '') ? bytes : null
}
