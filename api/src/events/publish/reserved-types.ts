import { hasRole, type Identity } from '../../identity/identity.ts'
import { forbidden } from '../../kit/errors.ts'

/**
 * Event types and sources that only AetherLink may publish. Operators are paged by these events and programs act on
 * them without checking the publisher, so a tenant's program must not be able to forge them.
 */
const OWN_TYPES = /^(?:ops\.(?:alert|deliveries|events|queue)|security|webhook)\./
const OWN_SOURCE = 'aetherlink'

/**
 * Throws FORBIDDEN at the path of the field unless the caller is an OPERATOR of the whole installation, who needs sample events to test a
 * receiver.
 */
export function checkNotReserved(identity: Identity, { type, source }: { type: string; source: string }): void {
  const which = OWN_TYPES.test(type) ? 'type' : source === OWN_SOURCE ? 'source' : null
  if (which === null || (identity.tenantId === null && hasRole(identity, 'OPERATOR'))) return
  throw forbidden(
    `${which}: ${which === 'type' ? type : source} is reserved for AetherLink; publishing it requires an OPERATOR without a tenant`,
    { requiredRole: 'OPERATOR', path: [which] },
  )
}
