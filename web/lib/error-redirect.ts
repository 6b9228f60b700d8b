import { CombinedGraphQLErrors } from '@apollo/client/errors'
import { chooseTenantPath, signInPath } from './next-path.ts'
import { problemOf } from './request-error.ts'

/** Where an error leads that no page can mend: somewhere else, or here once more (`anew`). */
export type Detour = { to: string } | 'anew'

/** The detour by which an operation that failed so can be asked again from `here`; null: none, the page says what is wrong. */
export function detourOf(error: unknown, here: string): Detour | null {
  if (problemOf(error).code === 'UNAUTHENTICATED') return { to: signInPath(here) }
  const extensions = CombinedGraphQLErrors.is(error) ? error.errors[0]?.extensions : undefined
  if (extensions?.reason === 'tenant') return 'anew'
  // They belong to these, and one has to be named: access/authenticate.ts of the API.
  return Array.isArray(extensions?.tenants) ? { to: chooseTenantPath(here) } : null
}
