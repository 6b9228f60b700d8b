import { randomBytes } from 'node:crypto'
import type { Role } from '../../../prisma/generated/client/enums.ts'
import { hashKey } from '../../src/access/api-keys/api-keys.ts'
import type { AppContext } from '../../src/app-context.ts'
import { newId } from '../../src/kit/ids.ts'

/** Returns a function that returns an API key for a role and tenant. A key is created when it is first used. */
export function createKeys(core: AppContext) {
  const keys = new Map<string, Promise<string>>()
  return (role: Role, tenantId: string | null): Promise<string> => {
    const name = `test ${role} ${tenantId ?? ''}`.trim()
    let key = keys.get(name)
    if (!key) {
      const secret = `alk_${randomBytes(24).toString('base64url')}`
      key = core.db
        .query('INSERT INTO api_keys (id, name, role, tenant_id, prefix, hash) VALUES ($1, $2, $3, $4, $5, $6)', [
          newId(),
          name,
          role,
          tenantId,
          secret.slice(0, 8),
          hashKey(secret),
        ])
        .then(() => secret)
      keys.set(name, key)
    }
    return key
  }
}
