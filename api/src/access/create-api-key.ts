import type { Role } from '../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../app-context.ts'
import type { Caller } from '../audit/entry.ts'
import { audited } from '../audit/record.ts'
import { writeTenant } from '../identity/tenant-scope.ts'
import { badInputs, type InputIssue } from '../kit/errors.ts'
import { newId, publicId, uuidTime } from '../kit/ids.ts'
import { generateKey, hashKey, visiblePrefix } from './api-keys.ts'
import { checkName } from './check-name.ts'
import { checkTenantExists } from './check-tenant-exists.ts'
import { type ApiKeyRow, apiKeySnapshot, WITHOUT_HASH } from './list-api-keys.ts'

export interface CreateApiKeyInput {
  name: string
  role: Role
  tenantId?: string | null
  expiresAt?: Date | null
}

/** Beyond, a time is a slip of the pen, and JSON's times have no place for it. */
const YEAR_10000 = 253_402_300_800_000

/**
 * Makes an API key, of the caller's own tenant or the one it names; an unbound caller that names none makes one that is bound
 * to none. Whoever may call this is an ADMIN, so no key gets a role above its maker's; a bound one makes keys that are bound
 * as it is. The key itself is answered here and never again.
 *
 * Throws BAD_USER_INPUT with everything that is wrong, FORBIDDEN for another's tenant.
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
    issues.push({ path: ['input', 'expiresAt'], message: 'is not in the future; takes an instant from now to 9999' })
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
