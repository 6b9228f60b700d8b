import { z } from 'zod'
import { Severity } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import { exportFormat, exportRange, exportRoute, single } from '../../http/export-route.ts'
import type { GuardedRoute } from '../../http/router.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import { exportEvents } from './export-events.ts'

const parameters = z.strictObject({
  format: exportFormat,
  types: z.array(z.string()).optional(),
  sources: z.array(z.string()).optional(),
  severities: z.array(z.enum(Severity, 'expected INFO, WARNING, ERROR or CRITICAL')).optional(),
  tenantId: single(z.string()),
  ...exportRange,
  correlationId: single(z.string()),
  search: single(z.string()),
})

/** GET /exports/events?format=ndjson|csv. The other query parameters are the fields of EventFilter. */
export const eventExport = (core: AppContext, catalogue: Catalogue): GuardedRoute =>
  exportRoute(core, {
    path: '/exports/events',
    action: 'event.export',
    fileName: 'events',
    role: 'VIEWER',
    denied: 'exporting events requires the role VIEWER',
    parameters,
    defaultFormat: 'ndjson',
    pieces: (_exchange, identity, format, filter) => exportEvents(core, catalogue, identity, format, filter),
  })
