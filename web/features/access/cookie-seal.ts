import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

const CIPHER = 'aes-256-gcm'
const IV_BYTES = 12
const TAG_BYTES = 16

/** Purpose of a sealed value. A value cannot be decrypted for another purpose than it was sealed for. */
export type Purpose = 'session' | 'login'

/** Derives a key per purpose (RFC 5869), so that SECRET_KEY itself is not used for encryption. */
const keyOf = (secret: Buffer, purpose: Purpose): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', `aetherlink web ${purpose}`, 32))

/** Encrypts a JSON value (AES-256-GCM) to a text of letters, digits, "-" and "_". */
export function seal(secret: Buffer, purpose: Purpose, value: unknown): string {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv(CIPHER, keyOf(secret, purpose), iv)
  const body = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url')
}

/** Decrypts a sealed value; undefined if it was not sealed with this secret for this purpose. */
export function unseal(secret: Buffer, purpose: Purpose, text: string): unknown {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.length <= IV_BYTES + TAG_BYTES) return undefined
  try {
    const decipher = createDecipheriv(CIPHER, keyOf(secret, purpose), bytes.subarray(0, IV_BYTES), {
      authTagLength: TAG_BYTES,
    })
    decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
    const body = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()])
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}
