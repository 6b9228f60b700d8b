import { hash } from 'node:crypto'

/** What stands where a secret was. */
export const REDACTED = '[redacted]'

/** Of what an entry says of a row before and after, so much is kept as it is. */
const MAX_BYTES = 32 * 1024
const MAX_TEXT = 512

/**
 * Names of what never enters the trail, whoever hands it in: an entry cannot be taken back. It is the net below each feature's
 * own choice of what to show, and takes values only: objects are searched for such names in turn.
 */
const SECRET_NAME =
  /secret|token|passw|passphrase|authorization|cookie|credential|sealed|signature|privatekey|apikey|payload/i

/** The text of `before` or `after`: secrets replaced, and what is too long stood for by its size and SHA-256. */
export function jsonText(shown: Readonly<Record<string, unknown>> | null): string | null {
  if (shown === null) return null
  const text = JSON.stringify(shown, (name, value: unknown) => {
    const isValue = typeof value === 'string' || typeof value === 'number' || Array.isArray(value)
    return isValue && SECRET_NAME.test(name) ? REDACTED : value
  })
  const bytes = Buffer.byteLength(text)
  return bytes <= MAX_BYTES ? text : JSON.stringify({ omitted: { bytes, sha256: hash('sha256', text) } })
}

/** Text as a column takes it: no NUL, which PostgreSQL has no place for, and not without end. */
export function plain(text: string | null): string | null {
  return text === null ? null : text.replaceAll('\0', '').slice(0, MAX_TEXT)
}

/** A query parameter or a credential in a URL, by its name. */
const SECRET_PARAMETER = /secret|token|passw|key|auth|sig|credential|code/i

/**
 * A URL without what would let its reader in: credentials, parameters whose name speaks of a secret, and with `opaque` its
 * whole path, where that is the secret (incoming webhooks of chats). A digest in their place tells one from another.
 */
export function redactUrl(url: string, { opaque = false } = {}): string {
  if (!URL.canParse(url)) return REDACTED
  const parsed = new URL(url)
  if (opaque) return `${parsed.origin}/${redacted(parsed.pathname + parsed.search)}`
  const query = [...parsed.searchParams].map(([name, value]) =>
    SECRET_PARAMETER.test(name) ? `${name}=${redacted(value)}` : new URLSearchParams([[name, value]]).toString(),
  )
  return `${parsed.origin}${parsed.pathname}${query.length > 0 ? `?${query.join('&')}` : ''}`
}

const redacted = (secret: string) => `[redacted ${hash('sha256', secret).slice(0, 8)}]`
