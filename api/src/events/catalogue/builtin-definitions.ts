import { AI_TYPES } from './ai-types.ts'
import { ALERT_TYPES, SELF_WATCHING_TYPES } from './alert-types.ts'
import { type BuiltinType, list, name, number, text } from './builtin-type.ts'
import { CRM_TYPES } from './crm-types.ts'
import { HEALING_TYPES } from './healing-types.ts'
import { SERVICE_TYPES } from './service-types.ts'
import { WEBHOOK_TYPES } from './webhook-types.ts'

/** Types of events about AetherLink itself: alerts, retention, webhooks, access. */
const OPERATIONS: readonly BuiltinType[] = [
  ...ALERT_TYPES,
  ...SELF_WATCHING_TYPES,
  {
    name: 'ops.events.pruned',
    description:
      'Events older than their retention were deleted: one event for each tenant and one for the system events.',
    defaultSeverity: 'INFO',
    schema: {
      type: 'object',
      required: ['pruned_count', 'cutoff'],
      properties: {
        pruned_count: { type: 'integer', description: 'events deleted' },
        cutoff: name('events received before this time are gone (RFC 3339)'),
        retention_days: number('applied retention in days'),
        archived: {
          type: ['integer', 'boolean', 'null'],
          description: 'whether events were archived first, or how many',
        },
        archive_files: list('addresses of the archive files'),
        strategy: text('drop: whole days; delete: in batches; drop+delete: both'),
        duration_ms: number('duration in milliseconds'),
        run: text('id of the prune run'),
      },
    },
    example: {
      pruned_count: 1204,
      cutoff: '2026-02-01T00:00:00Z',
      retention_days: 30,
      archived: 1204,
      archive_files: ['s3://archive/aetherlink/tenant-acme/events-2026-01-31.ndjson.gz'],
      strategy: 'delete',
      duration_ms: 340,
      run: 'prn_01h455vb4pex5vsknk084sn02q',
    },
  },
  {
    name: 'ops.events.prune.failed',
    description: 'Expired events could not be archived or deleted and remain stored. The next prune run tries again.',
    defaultSeverity: 'ERROR',
    schema: {
      type: 'object',
      required: ['error', 'cutoff'],
      properties: {
        error: name('error'),
        cutoff: name('events received before this time have expired (RFC 3339)'),
        run: text('id of the prune run'),
      },
    },
    example: {
      error:
        '2026-01-31 could not be archived and was kept: /var/lib/aetherlink/archive: ENOSPC: no space left on device, write',
      cutoff: '2026-02-01T00:00:00Z',
      run: 'prn_01h455vb4pex5vsknk084sn02q',
    },
  },
  ...WEBHOOK_TYPES,
  {
    name: 'security.rbac.violation',
    description: 'A caller attempted an operation that its role or tenant does not allow.',
    defaultSeverity: 'WARNING',
    schema: {
      type: 'object',
      required: ['actor'],
      properties: {
        actor: name('id of the caller'),
        action: text('attempted operation'),
        required: text('required role'),
        roles: list('roles of the caller'),
      },
    },
    example: {
      actor: 'key_01h455vb4pex5vsknk084sn02q',
      action: 'replayDelivery',
      required: 'OPERATOR',
      roles: ['VIEWER'],
    },
  },
]

/** Deprecated type names from before the catalogue existed. Events with these names are still accepted. */
const ALIASES: readonly BuiltinType[] = [
  {
    name: 'ops.autoheal.performed',
    description:
      'Deprecated alias for the outcome of a restart. Publish autoheal.succeeded or autoheal.failed instead.',
    defaultSeverity: 'INFO',
    schema: {
      type: 'object',
      properties: {
        service: text('name of the service'),
        success: { type: ['boolean', 'null'], description: 'whether the restart succeeded' },
      },
    },
    example: { service: 'aether-ai-orchestrator', success: true },
    deprecatedFor: 'autoheal.succeeded',
  },
  {
    name: 'ops.service.registered',
    description: 'Deprecated alias for the registration of a service. Publish service.registered instead.',
    defaultSeverity: 'INFO',
    schema: {
      type: 'object',
      properties: { service: text('name of the service'), url: text('address of the service') },
    },
    example: { service: 'aether-crm-ui', url: 'http://crm-ui:5173' },
    deprecatedFor: 'service.registered',
  },
]

/**
 * All built-in types, grouped by area. Names and required payload fields never change, because consumers rely on both.
 */
export const BUILTIN_TYPES: readonly BuiltinType[] = [
  ...SERVICE_TYPES,
  ...HEALING_TYPES,
  ...AI_TYPES,
  ...CRM_TYPES,
  ...OPERATIONS,
  ...ALIASES,
]
