import { hasRole, type Identity } from '../../identity/identity.ts'
import { forbidden } from '../../kit/errors.ts'

/**
 * What AetherLink says of itself. People are paged by these and programs act on them without asking who published them, so
 * they are not for everybody to say: a tenant's program would speak to the operators in the system's name.
 */
const OWN_TYPES = /^(?:ops\.(?:alert|deliveries|events|queue)|security|webhook)\./
const OWN_SOURCE = 'aetherlink'

/** Throws FORBIDDEN, unless it is an OPERATOR of the whole installation: to try a receiver takes a sample of what it is for. */
export function checkNotReserved(
  identity: Identity,
  { type, source }: { type: string; source: string },
  path: readonly string[],
): void {
  const which = OWN_TYPES.test(type) ? 'type' : source === OWN_SOURCE ? 'source' : null
  if (which === null || (identity.tenantId === null && hasRole(identity, 'OPERATOR'))) return
  throw forbidden(
    `${[...path, which].join('.')}: ${which === 'type' ? type : source} is what AetherLink says of itself; to publish it takes an OPERATOR that is bound to no tenant`,
    { requiredRole: 'OPERATOR' },
  )
}
