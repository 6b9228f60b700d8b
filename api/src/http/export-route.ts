import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import type { Role } from '../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../app-context.ts'
import { hasRole, type Identity } from '../identity/identity.ts'
import { badInputs, forbidden } from '../kit/errors.ts'
import type { RequestContext } from './request-context.ts'
import type { GuardedRoute } from './router.ts'

export type ExportFormat = 'csv' | 'ndjson'

const TYPES = { csv: 'text/csv; charset=utf-8; header=present', ndjson: 'application/x-ndjson; charset=utf-8' } as const

const instant = z
  .string()
  .refine(
    (text) => /^\d{4}-\d\d-\d\d(T|$)/.test(text) && !Number.isNaN(Date.parse(text)),
    'expected an instant such as 2026-01-31T00:00:00Z',
  )
  .transform((text) => new Date(text))

/** A parameter that must not be repeated. */
export const single = <Type extends z.ZodType>(type: Type) =>
  z
    .tuple([type], 'is given more than once')
    .transform(([value]) => value)
    .optional()

/** The parameter for the format. Every export has it. */
export const exportFormat = single(z.enum(['csv', 'ndjson'], 'expected csv or ndjson'))

/** The parameters for the time range. They are the same as in the filters of lists. */
export const exportRange = {
  window: single(z.enum(['LAST_15M', 'LAST_1H', 'LAST_24H', 'ALL'], 'expected LAST_15M, LAST_1H, LAST_24H or ALL')),
  since: single(instant),
  until: single(instant),
}

interface ExportParameters {
  format?: ExportFormat | undefined
}

/** The schema of the parameters of an export. Its shape contains their names. */
type ParameterSchema<Parameters> = z.ZodType<Parameters> & { shape: object }

interface ExportOptions<Parameters extends ExportParameters> {
  path: string
  /** The action of a denial in the audit trail. */
  action: string
  /** The start of the name of the file. */
  fileName: string
  role: Role
  /** The error message for callers without the role. */
  denied: string
  /**
   * The parameters: the format and the fields of the filter. Every value is a list, because parameters may be repeated.
   */
  parameters: ParameterSchema<Parameters>
  defaultFormat: ExportFormat
  /** The text of the file in pieces. Throws before the first piece if the filter is invalid. */
  pieces: (
    exchange: RequestContext,
    identity: Identity,
    format: ExportFormat,
    filter: Omit<Parameters, 'format'>,
  ) => Promise<AsyncIterable<string> | Iterable<string>>
}

/**
 * A route that sends rows as a file. A list is sent by repeating its parameter (`types=autoheal.*&types=...`). The
 * response is generated only as fast as the client reads. If it fails in the middle, the chunked encoding is not
 * terminated, so the client reports an error.
 */
export function exportRoute<Parameters extends ExportParameters>(
  core: Pick<AppContext, 'env' | 'clock'>,
  options: ExportOptions<Parameters>,
): GuardedRoute {
  const { path, action, fileName, role, denied, parameters, defaultFormat, pieces } = options
  return {
    path,
    methods: ['GET'],
    action,
    async handle(exchange, identity) {
      const { req, res } = exchange
      if (!hasRole(identity, role)) throw forbidden(denied, { requiredRole: role })
      const { format = defaultFormat, ...filter } = parametersOf(req.url ?? '', parameters)
      const head = { 'content-type': TYPES[format] }
      if (req.method === 'HEAD') {
        res.writeHead(200, head).end()
        return
      }
      const text = await pieces(exchange, identity, format, filter)
      const name = `${fileName}-${new Date(core.clock()).toISOString().slice(0, 19).replaceAll(':', '')}.${format}`
      res.writeHead(200, { ...head, 'content-disposition': `attachment; filename="${name}"` })
      res.setTimeout(core.env.HTTP_STALL_MS, () => res.destroy())
      await pipeline(Readable.from(text, { highWaterMark: 1 }), res).catch((error: unknown) => {
        // The client has closed the connection. For any other error, the router logs the error and closes the
        // connection.
        if (!(error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE')) throw error
      })
    },
  }
}

/** Parses the parameters of a URL. Throws BAD_USER_INPUT that lists all problems. */
function parametersOf<Parameters>(url: string, parameters: ParameterSchema<Parameters>): Parameters {
  const values = new Map<string, string[]>()
  for (const [name, value] of new URL(url, 'http://localhost').searchParams)
    values.set(name, [...(values.get(name) ?? []), value])
  const parsed = parameters.safeParse(Object.fromEntries(values))
  if (parsed.success) return parsed.data
  throw badInputs(
    parsed.error.issues.map(({ path, message, ...issue }) =>
      issue.code === 'unrecognized_keys'
        ? {
            path: [issue.keys[0] ?? ''],
            message: `is not a parameter; expected ${Object.keys(parameters.shape).join(', ')}`,
          }
        : { path: path.slice(0, 1).map(String), message },
    ),
  )
}
