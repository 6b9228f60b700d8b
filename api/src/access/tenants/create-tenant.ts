import { Prisma, type Tenant } from '../../../../prisma/generated/client/client.ts'
import type { AppContext } from '../../app-context.ts'
import type { Caller } from '../../audit/entry.ts'
import { audited } from '../../audit/record.ts'
import { checkTenantSlug, unboundOnly } from '../../identity/tenant-scope.ts'
import { badInputs, conflict, type InputIssue } from '../../kit/errors.ts'
import { checkName } from '../check-name.ts'

/**
 * Creates a tenant. Throws FORBIDDEN for a bound identity, BAD_USER_INPUT, and CONFLICT when the tenant exists.
 * (Publishing an event for a new tenant creates the tenant too.)
 */
export async function createTenant(
  core: AppContext,
  caller: Caller,
  { id, name }: { id: string; name: string },
): Promise<Tenant> {
  unboundOnly(caller.identity)
  checkTenantSlug(id, 'input.id')
  const issues: InputIssue[] = []
  checkName(name, ['input', 'name'], issues)
  if (issues.length > 0) throw badInputs(issues)
  try {
    return await audited(core, caller, 'tenant.create', async (tx) => {
      const now = new Date(core.clock())
      const tenant = await tx.tenant.create({ data: { id, name, createdAt: now, updatedAt: now } })
      return { result: tenant, target: { type: 'tenant', id }, tenantId: id, after: { name } }
    })
  } catch (error) {
    if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === UNIQUE)
      throw conflict(`tenant ${id} already exists`)
    throw error
  }
}

/** Prisma's code for a violated unique constraint. */
const UNIQUE = 'P2002'
