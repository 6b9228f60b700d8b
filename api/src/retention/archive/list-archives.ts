import type { AppContext } from '../../app-context.ts'
import type { KeysetRange } from '../../db/keyset.ts'
import type { Identity } from '../../identity/identity.ts'
import { readScope } from '../../identity/tenant-scope.ts'

/** A row of archive_files. `tenantId` is '' for system events; `day` is YYYY-MM-DD. */
export interface ArchiveRow {
  id: string
  tenantId: string
  day: string
  part: number
  events: number
  bytes: number
  sha256: string
  location: string
  createdAt: Date
  verifiedAt: Date
  /** When the day was last restored; null if no restored events of the day are left. */
  restoredAt: Date | null
}

const ARCHIVE_COLUMNS = `a.id, a.tenant_id AS "tenantId", a.day::text, a.part, a.events, a.bytes::float8, a.sha256, a.location,
  a.created_at AS "createdAt", a.verified_at AS "verifiedAt",
  (SELECT d.restored_at FROM restored_days d WHERE d.tenant_id = a.tenant_id AND d.day = a.day) AS "restoredAt"`

type Query = AppContext['db']['query']

/**
 * The archive files that an identity may see, the most recently written first. Throws BAD_USER_INPUT for an invalid
 * tenant.
 */
export function listArchives(
  query: Query,
  identity: Identity,
  tenantId: string | null | undefined,
): (range: KeysetRange) => Promise<ArchiveRow[]> {
  const scope = readScope(identity, tenantId, 'tenantId')
  if (scope === null) return async () => []
  const only = scope === 'all' ? null : scope.tenantId
  return ({ afterId, beforeId, take, order }) =>
    query<ArchiveRow>(
      `SELECT ${ARCHIVE_COLUMNS} FROM archive_files a WHERE ($1::text IS NULL OR a.tenant_id = $1)
         AND ($2::uuid IS NULL OR a.id < $2) AND ($3::uuid IS NULL OR a.id > $3) ORDER BY a.id ${order} LIMIT $4`,
      [only, afterId, beforeId, take],
    )
}

export const archivesById = (
  query: Query,
  { tenantId }: Pick<Identity, 'tenantId'>,
  ids: readonly string[],
): Promise<ArchiveRow[]> =>
  query<ArchiveRow>(
    `SELECT ${ARCHIVE_COLUMNS} FROM archive_files a WHERE a.id = ANY($1::uuid[]) AND ($2::text IS NULL OR a.tenant_id = $2)`,
    [ids, tenantId],
  )
