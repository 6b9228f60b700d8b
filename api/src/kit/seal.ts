import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

/** What went wrong: the master key is unusable, the text is no sealed text, or key, context or text are not the ones it was sealed with. */
export type SealErrorCode = 'SEAL_KEY' | 'SEAL_FORMAT' | 'SEAL_BROKEN'

export class SealError extends Error {
  override readonly name = 'SealError'
  readonly code: SealErrorCode
  constructor(code: SealErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

const VERSION = 'v1'
const NONCE_BYTES = 12 // NIST SP 800-38D, 8.2: 96 bits; random nonces are safe for 2^32 seals under one key
const TAG_BYTES = 16
const MIN_MASTER_BYTES = 32
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/

/**
 * The sealing key out of the installation's master key (`SECRET_KEY`: base64 or base64url of at least 32 bytes), by
 * HKDF-SHA256 (RFC 5869) with a label of its own, so that the master key can serve other purposes too.
 * Throws SealError SEAL_KEY.
 */
export function sealKey(secretKeyBase64: string): Buffer {
  const master = BASE64.test(secretKeyBase64) ? Buffer.from(secretKeyBase64, 'base64') : null
  if (master === null || master.length < MIN_MASTER_BYTES) {
    throw new SealError('SEAL_KEY', `the secret key has to be base64 of at least ${MIN_MASTER_BYTES} random bytes`)
  }
  return Buffer.from(hkdfSync('sha256', master, Buffer.alloc(0), `aetherlink/seal/${VERSION}`, 32))
}

/**
 * Encrypts `plain` with AES-256-GCM to `v1.<base64url of nonce, ciphertext and tag>`. `context` says what is sealed
 * ("webhook-secret:<id>"): it is authenticated with it, so that a sealed text copied into another row does not open there.
 */
export function seal(key: Buffer, plain: string, context: string): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context, 'utf8'))
  const sealed = Buffer.concat([nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return `${VERSION}.${sealed.toString('base64url')}`
}

/** The keys of an installation, each by `sealKey`: the first seals, and what any of them sealed opens. */
export type SealKeys = readonly [Buffer, ...Buffer[]]

/** The plain text of `seal`. Throws SealError: SEAL_FORMAT, or SEAL_BROKEN for other keys, another context or a changed text. */
export const open = (keys: SealKeys, sealed: string, context: string): string => opened(keys, sealed, context).plain

/** The same sealed anew by the first key, or the text as it is where that key opens it already. Throws as `open` does. */
export function reseal(keys: SealKeys, sealed: string, context: string): string {
  const { plain, key } = opened(keys, sealed, context)
  return key === keys[0] ? sealed : seal(keys[0], plain, context)
}

/** Whether two sealed texts hold the same, as one that was resealed does. Of what does not open that is known of equal texts only. */
export function holdsSame(keys: SealKeys, one: string, other: string, context: string): boolean {
  if (one === other) return true
  try {
    return open(keys, one, context) === open(keys, other, context)
  } catch (error) {
    if (error instanceof SealError) return false
    throw error
  }
}

function opened(keys: SealKeys, sealed: string, context: string): { plain: string; key: Buffer } {
  const [version, text, ...rest] = sealed.split('.')
  const bytes = Buffer.from(text ?? '', 'base64url')
  if (version !== VERSION || rest.length > 0 || bytes.length < NONCE_BYTES + TAG_BYTES) {
    throw new SealError('SEAL_FORMAT', `${context} is not a text sealed in format ${VERSION}`)
  }
  for (const key of keys) {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
    decipher.setAAD(Buffer.from(context, 'utf8')).setAuthTag(bytes.subarray(-TAG_BYTES))
    try {
      const plain = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
      return { plain: plain.toString('utf8'), key }
    } catch {
      // Not this one: the tag says so.
    }
  }
  throw new SealError(
    'SEAL_BROKEN',
    `${context} does not open: neither SECRET_KEY nor one of SECRET_KEY_PREVIOUS is what it was sealed with, or it was altered`,
  )
}
