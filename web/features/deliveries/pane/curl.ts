/** The parts of a webhook request. */
interface Request {
  url: string
  headers: Readonly<Record<string, string>>
  body: string
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/**
 * Formats a request as a curl command for a POSIX shell. Redacted headers stay redacted, so the user must insert the
 * secret. Until then, a receiver that verifies signatures refuses the request.
 */
export function curlCommand({ url, headers, body }: Request): string {
  const lines = [`curl -i -X POST ${quoted(url)}`]
  for (const [name, value] of Object.entries(headers))
    if (!/^(content-length|host|connection|transfer-encoding)$/i.test(name))
      lines.push(`-H ${quoted(`${name}: ${value}`)}`)
  lines.push(`--data-raw ${quoted(body)}`)
  return lines.join(' \\\n  ')
}

/** Headers from the API as an object of names and texts. */
export const headersOf = (value: unknown): Record<string, string> =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text)]))
    : {}

interface Event {
  id: string
  type: string
  source: string
  severity: string
  subject?: string | null
  tenantId?: string | null
  occurredAt: string
  correlationId?: string | null
  causationId?: string | null
  payload: unknown
}

/** The body of a request to a webhook of kind STANDARD (api/src/webhooks/formats/standard.ts). */
export function standardBody(event: Event): string {
  const { id, type, source, severity, subject, tenantId, occurredAt, correlationId, causationId, payload } = event
  return JSON.stringify({
    id,
    type,
    timestamp: occurredAt,
    source,
    severity,
    ...(subject != null && { subject }),
    ...(tenantId != null && { tenantId }),
    ...(correlationId != null && { correlationId }),
    ...(causationId != null && { causationId }),
    data: payload,
  })
}
