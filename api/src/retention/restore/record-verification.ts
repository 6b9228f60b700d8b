import type { AppContext } from '../../app-context.ts'
import type { Caller } from '../../audit/entry.ts'
import { auditedSql } from '../../audit/record.ts'
import { publicId } from '../../kit/ids.ts'
import type { ArchiveRow } from '../archive/list-archives.ts'
import type { ArchiveVerification } from './verify-archive.ts'

/** Stores the result of verifying a file. An intact file gets the current time as its time of verification. */
export async function recordVerification(
  core: AppContext,
  caller: Caller,
  { id, tenantId }: ArchiveRow,
  { ok, error }: ArchiveVerification,
): Promise<void> {
  await auditedSql(core, caller, 'archive.verify', async (client) => {
    if (ok)
      await client.query('UPDATE archive_files SET verified_at = $2 WHERE id = $1', [
        id,
        new Date(core.clock()).toISOString(),
      ])
    return {
      result: undefined,
      target: { type: 'archive', id: publicId('arc', id) },
      tenantId: tenantId === '' ? null : tenantId,
      after: { ok, error },
    }
  })
}
