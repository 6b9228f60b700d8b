import type { AppContext } from '../app-context.ts'
import { readCells } from '../db/connections.ts'
import type { ExportFormat } from '../http/export-route.ts'
import { tenantContext } from '../identity/tenant-context.ts'
import { newId, publicId } from '../kit/ids.ts'
import { type AuditFilter, auditQuery } from './audit-filter.ts'
import { csvRow } from './csv.ts'
import { appendEntry, type Caller } from './entry.ts'

/** The columns in the order of the CSV cells. Their names are the fields in NDJSON. */
const COLUMNS = {
  id: 'e.id::text',
  at: `to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
  actor_kind: 'e.actor_kind::text',
  actor_id: 'e.actor_id',
  actor_name: 'e.actor_name',
  roles: 'e.roles::text',
  tenant_id: 'e.tenant_id',
  action: 'e.action',
  target_type: 'e.target_type',
  target_id: 'e.target_id',
  outcome: 'e.outcome::text',
  before: 'e.before::text',
  after: 'e.after::text',
  client_ip: 'e.client_ip',
  request_id: 'e.request_id',
  seq: 'e.seq::text',
  prev_hash: 'e.prev_hash',
  hash: 'e.hash',
} as const
const NAMES = Object.keys(COLUMNS)
const SELECT = `SELECT ${Object.values(COLUMNS).join(', ')} FROM audit_entries e`

/** Number of entries per read. */
const BATCH = 1_000

/**
 * The entries in scope that match a filter and exist when the export begins, oldest first, as pieces of text with up to
 * 1,000 entries each. The export first appends an entry about itself (`audit.export`), which is not part of the output;
 * if that fails, nothing is exported. Every value is exactly the text that was hashed, so a chain can be verified with
 * the export (see docs/audit.md). Throws BAD_USER_INPUT for an invalid filter. A later piece rejects if the database
 * becomes unavailable.
 */
export async function exportEntries(
  core: Pick<AppContext, 'db' | 'clock' | 'env'>,
  caller: Caller,
  format: ExportFormat,
  filter: AuditFilter,
): Promise<AsyncIterable<string>> {
  const query = auditQuery(caller.identity, filter, core.clock(), [])
  const id = newId()
  await appendEntry(
    core.db.pool,
    caller,
    {
      action: 'audit.export',
      target: null,
      tenantId: query?.tenantId ?? caller.identity.tenantId,
      outcome: 'ALLOWED',
      before: null,
      after: { format, filter },
    },
    id,
  )
  return pieces(tenantContext(core, caller.identity), format, query, id)
}

async function* pieces(
  { db }: Pick<AppContext, 'db'>,
  format: ExportFormat,
  query: ReturnType<typeof auditQuery>,
  until: string,
): AsyncGenerator<string> {
  if (format === 'csv') yield csvRow(NAMES)
  if (query === null) return
  const values = [...query.values, until]
  const within = [...query.conditions, `e.id < $${values.length}::uuid`]
  for (let last: string | null = null; ; ) {
    const conditions: string[] = last === null ? within : [...within, `e.id > $${values.length + 1}::uuid`]
    const text = `${SELECT} WHERE ${conditions.join(' AND ')} ORDER BY e.id LIMIT ${BATCH}`
    const rows = await readCells(db, text, last === null ? values : [...values, last])
    last = rows.at(-1)?.[0] ?? null
    if (rows.length > 0) yield rows.map(format === 'csv' ? csvLine : jsonLine).join('')
    if (rows.length < BATCH) return
  }
}

const shownId = ([id]: readonly (string | null)[]) => (id ? publicId('aud', id) : null)

const csvLine = (row: readonly (string | null)[]) => csvRow([shownId(row), ...row.slice(1)])

const jsonLine = (row: readonly (string | null)[]) =>
  `${JSON.stringify(Object.fromEntries(NAMES.map((name, i) => [name, i === 0 ? shownId(row) : row[i]])))}\n`
