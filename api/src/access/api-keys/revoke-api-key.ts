import type { AppContext } from '../../app-context.ts'
import type { Caller } from '../../audit/entry.ts'
import { audited } from '../../audit/record.ts'
import { notFound } from '../../kit/errors.ts'
import { publicId, uuidOf } from '../../kit/ids.ts'
import type { ApiKeys } from './api-keys.ts'
import { type ApiKeyRow, apiKeySnapshot, WITHOUT_HASH } from './list-api-keys.ts'

/**
 * Revokes a key for good. The other processes refuse it within milliseconds, and connections that were opened with it
 * are closed. Revoking a revoked key changes nothing and returns the key.
 *
 * Throws NOT_FOUND for a key that does not exist or is out of the caller's scope.
 */
export async function revokeApiKey(
  core: AppContext,
  keys: Pick<ApiKeys, 'revoked'>,
  caller: Caller,
  id: string,
): Promise<ApiKeyRow> {
  const uuid = uuidOf('key', id, 'id')
  const { tenantId } = caller.identity
  const apiKey = await audited(core, caller, 'apiKey.revoke', async (tx) => {
    const where = { id: uuid, ...(tenantId !== null && { tenantId }) }
    const before = await tx.apiKey.findFirst({ where, omit: WITHOUT_HASH })
    if (!before) throw notFound('API key', id)
    // Of two concurrent revocations, the first one sets the time.
    await tx.apiKey.updateMany({ where: { id: uuid, revokedAt: null }, data: { revokedAt: new Date(core.clock()) } })
    const revoked = await tx.apiKey.findUniqueOrThrow({ where: { id: uuid }, omit: WITHOUT_HASH })
    return {
      result: revoked,
      target: { type: 'apiKey', id: publicId('key', uuid) },
      tenantId: revoked.tenantId,
      before: apiKeySnapshot(before),
      after: apiKeySnapshot(revoked),
    }
  })
  keys.revoked(uuid)
  return apiKey
}
