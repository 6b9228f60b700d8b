import { z } from 'zod'

/** Inputs that several tools share. The GraphQL schema checks all values again, including those of enums. */

export const id = (prefix: string, what: string) =>
  z.string().describe(`${what}, such as ${prefix}_01h455vb4pex5vsknk084sn02q`)

export const tenantId = z.string().optional().describe('one tenant, by its slug; default: all visible tenants')

export const window = z
  .enum(['LAST_15M', 'LAST_1H', 'LAST_24H', 'ALL'])
  .optional()
  .describe('a time range that ends now')

export const instant = (what: string) => z.iso.datetime({ offset: true }).optional().describe(`${what}, RFC 3339`)

export const page = {
  first: z.number().int().min(1).max(50).optional().describe('maximum number of rows; default 20'),
  after: z.string().optional().describe('endCursor of the previous page'),
}
export const DEFAULT_ROWS = 20

export const severities = z.array(z.enum(['INFO', 'WARNING', 'ERROR', 'CRITICAL'])).optional()

export const deliveryFilter = {
  statuses: z.array(z.enum(['PENDING', 'FAILED', 'DELIVERED', 'DEAD_LETTER', 'CANCELLED'])).optional(),
  window,
  since: instant('changed at this instant or later'),
  until: instant('changed before this instant'),
  webhookIds: z.array(z.string()).optional().describe('webhooks (whk_...)'),
  eventTypes: z.array(z.string()).optional().describe('event types, exact, or with * as a wildcard'),
  errorKinds: z
    .array(
      z.enum([
        'DNS',
        'CONNECT',
        'TLS',
        'TIMEOUT',
        'HTTP_4XX',
        'HTTP_429',
        'HTTP_5XX',
        'REDIRECT',
        'BLOCKED_ADDRESS',
        'BODY_TOO_LARGE',
        'INTERNAL',
      ]),
    )
    .optional(),
  tenantId,
  search: z
    .string()
    .optional()
    .describe('a part of the target URL, the webhook, the type, the subject or the error; or a whole id'),
}

/** The given fields of a filter; undefined if none was given. */
export function filterOf(input: Readonly<Record<string, unknown>>, names: readonly string[]) {
  const entries = names.flatMap((name) => (input[name] === undefined ? [] : [[name, input[name]] as const]))
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}
