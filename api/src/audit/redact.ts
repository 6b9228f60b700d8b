import { hash } from 'node:crypto'

/** The text that replaces a secret. */
export const REDACTED = '[redacted]'

/** Maximum size of a snapshot in bytes. Larger ones are replaced by their size and digest. */
const MAX_BYTES = 32 * 1024
const MAX_TEXT = 512

/**
 * Names of fields whose values never enter the trail, because an entry cannot be deleted again. Each feature already
 * chooses the fields of its snapshots; this is a safety net. Nested objects are searched too.
 */
const SECRET_NAME =
  /secret|token|passw|passphrase|authorization|cookie|credential|sealed|signature|privatekey|apikey|payload/i

/**
 * The text of `before` or `after`. Secrets are replaced. A text that is too long is replaced by its size and SHA-256.
 */
export function jsonText(shown: Readonly<Record<string, unknown>> | null): string | null {
  if (shown === null) return null
  const text = JSON.stringify(shown, (name, value: unknown) => {
    const isValue = typeof value === 'string' || typeof value === 'number' || Array.isArray(value)
    return isValue && SECRET_NAME.test(name) ? REDACTED : value
  })
  const bytes = Buffer.byteLength(text)
  return bytes <= MAX_BYTES ? text : JSON.stringify({ omitted: { bytes, sha256: hash('sha256', text) } })
}

/** A text for a column of bounded length. NUL is removed, because PostgreSQL does not accept it. */
export function plain(text: string | null): string | null {
  return text === null ? null : text.replaceAll('\0', '').slice(0, MAX_TEXT)
}

/** Names of query parameters whose value is a secret. */
const SECRET_PARAMETER = /secret|token|passw|key|auth|sig|credential|code/i

/**
 * A URL without credentials and secret parameters. With `opaque`, for URLs whose path is the secret (chat webhooks),
 * the path is removed too. A digest takes the place of each secret, so that different URLs can be told apart.
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
