import { hasRole, type Identity } from '../../identity/identity.ts'
import { forbidden } from '../../kit/errors.ts'

/**
 * Event types and sources that only AetherLink may publish. Operators are paged by these events, and programs react to
 * them without checking who published them. So a tenant's program must not be able to forge them.
 */
const OWN_TYPES = /^(?:ops\.(?:alert|deliveries|events|queue)|security|webhook)\./
const OWN_SOURCE = 'aetherlink'

/**
 * Throws FORBIDDEN at the path of the field if the type or source is reserved. An OPERATOR of the whole installation
 * may use them, to test a receiver with sample events.
 */
export function checkNotReserved(identity: Identity, { type, source }: { type: string; source: string }): void {
  const which = OWN_TYPES.test(type) ? 'type' : source === OWN_SOURCE ? 'source' : null
  if (which === null || (identity.tenantId === null && hasRole(identity, 'OPERATOR'))) return
  throw forbidden(
    `${which}: ${which === 'type' ? type : source} is reserved for AetherLink; publishing it requires an OPERATOR without a tenant`,
    { requiredRole: 'OPERATOR', path: [which] },
  )
}
