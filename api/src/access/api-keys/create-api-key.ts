import type { Role } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import type { Caller } from '../../audit/entry.ts'
import { audited } from '../../audit/record.ts'
import { writeTenant } from '../../identity/tenant-scope.ts'
import { badInputs, type InputIssue } from '../../kit/errors.ts'
import { newId, publicId, uuidTime } from '../../kit/ids.ts'
import { checkName } from '../check-name.ts'
import { checkTenantExists } from '../tenants/check-tenant-exists.ts'
import { generateKey, hashKey, visiblePrefix } from './api-keys.ts'
import { type ApiKeyRow, apiKeySnapshot, WITHOUT_HASH } from './list-api-keys.ts'

export interface CreateApiKeyInput {
  name: string
  role: Role
  tenantId?: string | null
  expiresAt?: Date | null
}

/** RFC 3339 has no form for later years, so a later expiry is a typing error. */
const YEAR_10000 = 253_402_300_800_000

/**
 * Creates an API key for the caller's tenant or for the tenant that the input names. If an unbound caller names no
 * tenant, the key is unbound. Only an ADMIN may call this, so no key gets a higher role than its creator. The key
 * itself is returned only here.
 *
 * Throws BAD_USER_INPUT with every issue, and FORBIDDEN for another tenant.
 */
export async function createApiKey(
  core: AppContext,
  caller: Caller,
  input: CreateApiKeyInput,
): Promise<{ apiKey: ApiKeyRow; secret: string }> {
  const { name, role } = input
  const tenantId = writeTenant(caller.identity, input.tenantId)
  const expiresAt = input.expiresAt ?? null
  const issues: InputIssue[] = []
  checkName(name, ['input', 'name'], issues)
  if (expiresAt && !(expiresAt.getTime() > core.clock() && expiresAt.getTime() < YEAR_10000))
    issues.push({ path: ['input', 'expiresAt'], message: 'is not in the future; expected an instant from now to 9999' })
  await checkTenantExists(core, caller.identity, tenantId, ['input', 'tenantId'], issues)
  if (issues.length > 0) throw badInputs(issues)

  const id = newId()
  const secret = generateKey()
  const apiKey = await audited(core, caller, 'apiKey.create', async (tx) => {
    const data = {
      id,
      name,
      role,
      tenantId,
      expiresAt,
      prefix: visiblePrefix(secret),
      hash: hashKey(secret),
      createdAt: new Date(uuidTime(id)),
    }
    const created = await tx.apiKey.create({ data, omit: WITHOUT_HASH })
    const target = { type: 'apiKey', id: publicId('key', id) }
    return { result: created, target, tenantId, after: apiKeySnapshot(created) }
  })
  return { apiKey, secret }
}
