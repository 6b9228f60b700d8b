import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

/**
 * SEAL_KEY: the master key is unusable. SEAL_FORMAT: the text is not an encrypted text. SEAL_BROKEN: the key, the
 * context or the text does not match.
 */
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
const NONCE_BYTES = 12 // 96 bits. Random nonces are safe for 2^32 encryptions per key (NIST SP 800-38D, 8.2).
const TAG_BYTES = 16
const MIN_MASTER_BYTES = 32
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/

/**
 * Derives the encryption key from the master key (`SECRET_KEY`: base64 or base64url of at least 32 bytes) with
 * HKDF-SHA256 (RFC 5869). It uses its own label, so that the master key can also be used for other purposes. Throws
 * SealError SEAL_KEY.
 */
export function sealKey(secretKeyBase64: string): Buffer {
  const master = BASE64.test(secretKeyBase64) ? Buffer.from(secretKeyBase64, 'base64') : null
  if (master === null || master.length < MIN_MASTER_BYTES) {
    throw new SealError('SEAL_KEY', `the secret key must be base64 of at least ${MIN_MASTER_BYTES} random bytes`)
  }
  return Buffer.from(hkdfSync('sha256', master, Buffer.alloc(0), `aetherlink/seal/${VERSION}`, 32))
}

/**
 * Encrypts `plain` with AES-256-GCM. The result is `v1.<base64url of nonce, ciphertext and tag>`. `context` is the
 * purpose ("webhook-secret:<id>"). It is authenticated too, so a text that was copied to another row cannot be
 * decrypted there.
 */
export function seal(key: Buffer, plain: string, context: string): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context, 'utf8'))
  const sealed = Buffer.concat([nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return `${VERSION}.${sealed.toString('base64url')}`
}

/** The keys of an installation, as `sealKey` derives them. The first one encrypts; all of them can decrypt. */
export type SealKeys = readonly [Buffer, ...Buffer[]]

/**
 * Decrypts a text. Throws SealError: SEAL_FORMAT, or SEAL_BROKEN for another key, another context or a text that was
 * changed.
 */
export const open = (keys: SealKeys, sealed: string, context: string): string => opened(keys, sealed, context).plain

/**
 * Encrypts a text again with the first key. Returns the same text if it is encrypted with that key already. Throws like
 * `open`.
 */
export function reseal(keys: SealKeys, sealed: string, context: string): string {
  const { plain, key } = opened(keys, sealed, context)
  return key === keys[0] ? sealed : seal(keys[0], plain, context)
}

/**
 * Whether two encrypted texts have the same content, for example before and after `reseal`. Texts that cannot be
 * decrypted are equal only if they are identical.
 */
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
      // The key is wrong: the authentication tag does not match.
    }
  }
  throw new SealError(
    'SEAL_BROKEN',
    `${context} cannot be decrypted: it was encrypted with a key that is neither SECRET_KEY nor in SECRET_KEY_PREVIOUS, or it was altered`,
  )
}
