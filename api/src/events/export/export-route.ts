import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { Severity } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import type { GuardedRoute } from '../../http/router.ts'
import { hasRole } from '../../identity/identity.ts'
import { badInputs, forbidden } from '../../kit/errors.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import type { EventFilter } from '../read/event-filter.ts'
import { type ExportFormat, exportEvents } from './export-events.ts'

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
  types: z.array(z.string()).optional(),
  sources: z.array(z.string()).optional(),
  severities: z.array(z.enum(Severity, 'takes INFO, WARNING, ERROR or CRITICAL')).optional(),
  tenantId: one(z.string()),
  window: one(z.enum(['LAST_15M', 'LAST_1H', 'LAST_24H', 'ALL'], 'takes LAST_15M, LAST_1H, LAST_24H or ALL')),
  since: one(instant),
  until: one(instant),
  correlationId: one(z.string()),
  search: one(z.string()),
})

/**
 * GET /exports/events?format=ndjson|csv with the fields of EventFilter; lists repeat the parameter
 * (`types=autoheal.*&types=...`). The response streams at the client's pace. If it fails midway, the chunked encoding
 * stays unterminated, which HTTP clients report as an error.
 */
export const eventExport = (core: AppContext, catalogue: Catalogue): GuardedRoute => ({
  path: '/exports/events',
  methods: ['GET'],
  action: 'event.export',
  async handle({ req, res }, identity) {
    if (!hasRole(identity, 'VIEWER'))
      throw forbidden('exporting events requires the role VIEWER', { requiredRole: 'VIEWER' })
    const { format, filter } = parametersOf(req.url ?? '')
    const head = { 'content-type': TYPES[format] }
    if (req.method === 'HEAD') {
      res.writeHead(200, head).end()
      return
    }
    const pieces = await exportEvents(core, catalogue, identity, format, filter)
    const name = `events-${new Date(core.clock()).toISOString().slice(0, 19).replaceAll(':', '')}.${format}`
    res.writeHead(200, { ...head, 'content-disposition': `attachment; filename="${name}"` })
    res.setTimeout(core.env.HTTP_STALL_MS, () => res.destroy())
    await pipeline(Readable.from(pieces, { highWaterMark: 1 }), res).catch((error: unknown) => {
      // The client closed the connection. The router logs any other error and destroys the response.
      if (!(error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE')) throw error
    })
  },
})

/** Throws BAD_USER_INPUT with all problems. */
function parametersOf(url: string): { format: ExportFormat; filter: EventFilter } {
  const given = new Map<string, string[]>()
  for (const [name, value] of new URL(url, 'http://localhost').searchParams)
    given.set(name, [...(given.get(name) ?? []), value])
  const parsed = parameters.safeParse(Object.fromEntries(given))
  if (parsed.success) {
    const { format = 'ndjson', ...filter } = parsed.data
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
