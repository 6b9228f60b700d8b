import type { ActorKind, RetentionSubject } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import type { Env } from '../../env.ts'
import type { Policies } from './policy.ts'

/** A policy that a user has set. `tenantId` is '' for the installation. */
export interface PolicyRow {
  subject: RetentionSubject
  tenantId: string
  retentionDays: number
  createdAt: Date
  updatedAt: Date
  setByKind: ActorKind
  setById: string
  setByName: string | null
}

type Query = AppContext['db']['query']

export const POLICY_COLUMNS = `subject, tenant_id AS "tenantId", retention_days AS "retentionDays", created_at AS "createdAt",
  updated_at AS "updatedAt", set_by_kind AS "setByKind", set_by_id AS "setById", set_by_name AS "setByName"`

export const readPolicyRows = (query: Query): Promise<PolicyRow[]> =>
  query<PolicyRow>(`SELECT ${POLICY_COLUMNS} FROM retention_policies ORDER BY subject, tenant_id`)

/**
 * Reads the current policies. They are never cached, so a change takes effect with the next statement in every process.
 */
export async function readPolicies(query: Query, env: Env): Promise<Policies> {
  const [rows, holds] = await Promise.all([
    readPolicyRows(query),
    query<{ tenant_id: string }>('SELECT tenant_id FROM legal_holds'),
  ])
  return policiesOf(
    rows,
    holds.map(({ tenant_id }) => tenant_id),
    env,
  )
}

export function policiesOf(rows: readonly PolicyRow[], holds: readonly string[], env: Env): Policies {
  const ofInstallation = (subject: RetentionSubject) =>
    rows.find((row) => row.subject === subject && row.tenantId === '')?.retentionDays
  const events = ofInstallation('EVENTS') ?? env.EVENT_RETENTION_DAYS
  return {
    events,
    systemEvents: ofInstallation('SYSTEM_EVENTS') ?? events,
    audit: ofInstallation('AUDIT') ?? env.AUDIT_RETENTION_DAYS ?? null,
    alerts: ofInstallation('ALERTS') ?? env.ALERT_RETENTION_DAYS,
    tenants: new Map(
      rows.flatMap((row) =>
        row.subject === 'EVENTS' && row.tenantId !== '' ? [[row.tenantId, row.retentionDays] as const] : [],
      ),
    ),
    holds: new Set(holds),
  }
}
