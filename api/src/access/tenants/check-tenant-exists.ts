import type { AppContext } from '../../app-context.ts'
import type { Identity } from '../../identity/identity.ts'
import { DEFAULT_TENANT } from '../../identity/tenant-scope.ts'
import type { InputIssue } from '../../kit/errors.ts'

/**
 * Adds an issue at `path` when an unbound identity names a tenant that does not exist: otherwise a typing error would
 * create an object that no event or request ever reaches. A bound identity can only name its own tenant.
 */
export async function checkTenantExists(
  { db }: Pick<AppContext, 'db'>,
  { tenantId: boundTo }: Identity,
  tenantId: string | null,
  path: string[],
  issues: InputIssue[],
): Promise<void> {
  if (tenantId === null || tenantId === DEFAULT_TENANT || boundTo !== null) return
  const count = await db.prisma.tenant.count({ where: { id: tenantId } })
  if (count === 0) issues.push({ path, message: `there is no tenant ${tenantId}; create it with createTenant` })
}
