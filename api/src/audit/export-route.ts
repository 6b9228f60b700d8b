import { z } from 'zod'
import { AuditOutcome } from '../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../app-context.ts'
import { exportFormat, exportRange, exportRoute, single } from '../http/export-route.ts'
import type { GuardedRoute } from '../http/router.ts'
import { exportEntries } from './export.ts'

const parameters = z.strictObject({
  format: exportFormat,
  actorIds: z.array(z.string()).optional(),
  actions: z.array(z.string()).optional(),
  outcomes: z.array(z.enum(AuditOutcome, 'expected ALLOWED, DENIED or FAILED')).optional(),
  targetId: single(z.string()),
  tenantId: single(z.string()),
  ...exportRange,
})

/** GET /exports/audit?format=csv|ndjson. The fields of AuditFilter are query parameters. */
export const auditExport = (core: Pick<AppContext, 'env' | 'db' | 'clock' | 'log'>): GuardedRoute =>
  exportRoute(core, {
    path: '/exports/audit',
    action: 'audit.export',
    fileName: 'audit',
    role: 'ADMIN',
    denied: 'exporting the audit trail requires the role ADMIN',
    parameters,
    defaultFormat: 'csv',
    pieces: ({ clientIp, requestId }, identity, format, filter) =>
      exportEntries(core, { identity, clientIp, requestId }, format, filter),
  })
