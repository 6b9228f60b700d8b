import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { AuditOutcome } from '../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../app-context.ts'
import { hasRole, type Identity } from '../identity/identity.ts'
import { badInputs, forbidden } from '../kit/errors.ts'
import type { AuditFilter } from './audit-filter.ts'
import type { Caller } from './entry.ts'
import { type ExportFormat, exportEntries } from './export.ts'

const TYPES = { csv: 'text/csv; charset=utf-8; header=present', ndjson: 'application/x-ndjson; charset=utf-8' } as const

const instant = z
  .string()
  .refine(
    (text) => /^\d{4}-\d\d-\d\d(T|$)/.test(text) && !Number.isNaN(Date.parse(text)),
    'takes an instant such as 2026-01-31T00:00:00Z',
  )
  .transform((text) => new Date(text))
const one = <Type extends z.ZodType>(type: Type) =>
  z
    .tuple([type], 'is given more than once')
    .transform(([value]) => value)
    .optional()

const parameters = z.strictObject({
  format: one(z.enum(['csv', 'ndjson'], 'takes csv or ndjson')),
  actorIds: z.array(z.string()).optional(),
  actions: z.array(z.string()).optional(),
  outcomes: z.array(z.enum(AuditOutcome, 'takes ALLOWED, DENIED or FAILED')).optional(),
  targetId: one(z.string()),
  tenantId: one(z.string()),
  window: one(z.enum(['LAST_15M', 'LAST_1H', 'LAST_24H', 'ALL'], 'takes LAST_15M, LAST_1H, LAST_24H or ALL')),
  since: one(instant),
  until: one(instant),
})

/**
 * GET /exports/audit?format=csv|ndjson and the fields of AuditFilter; a parameter is repeated for a list
 * (`actions=webhook.*&actions=...`). The response is streamed as fast as the client reads. A response that breaks off
 * ends without the last chunk of its chunked encoding, which every HTTP client reports as an error.
 */
export const auditExport = (core: Pick<AppContext, 'env' | 'db' | 'clock' | 'log'>) => ({
  path: '/exports/audit',
  methods: ['GET'],
  action: 'audit.export',
  async handle(exchange: Omit<Caller, 'identity'> & { req: IncomingMessage; res: ServerResponse }, identity: Identity) {
    const { req, res, clientIp, requestId } = exchange
    if (!hasRole(identity, 'ADMIN'))
      throw forbidden('exporting the audit trail takes the role ADMIN', { requiredRole: 'ADMIN' })
    const { format, filter } = parametersOf(req.url ?? '')
    const head = { 'content-type': TYPES[format] }
    if (req.method === 'HEAD') {
      res.writeHead(200, head).end()
      return
    }
    const pieces = await exportEntries(core, { identity, clientIp, requestId }, format, filter)
    const name = `audit-${new Date(core.clock()).toISOString().slice(0, 19).replaceAll(':', '')}.${format}`
    res.writeHead(200, { ...head, 'content-disposition': `attachment; filename="${name}"` })
    res.setTimeout(core.env.HTTP_STALL_MS, () => res.destroy())
    await pipeline(Readable.from(pieces, { highWaterMark: 1 }), res).catch((error: unknown) => {
      // The client closed the connection. The router handles every other error and destroys the response.
      if (!(error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE')) throw error
    })
  },
})

/** Throws BAD_USER_INPUT with every issue. */
function parametersOf(url: string): { format: ExportFormat; filter: AuditFilter } {
  const given = new Map<string, string[]>()
  for (const [name, value] of new URL(url, 'http://localhost').searchParams)
    given.set(name, [...(given.get(name) ?? []), value])
  const parsed = parameters.safeParse(Object.fromEntries(given))
  if (parsed.success) {
    const { format = 'csv', ...filter } = parsed.data
    return { format, filter }
  }
  throw badInputs(
    parsed.error.issues.map(({ path, message, ...issue }) =>
      issue.code === 'unrecognized_keys'
        ? {
            path: [issue.keys[0] ?? ''],
            message: `is not a parameter; takes ${Object.keys(parameters.shape).join(', ')}`,
          }
        : { path: path.slice(0, 1).map(String), message },
    ),
  )
}
