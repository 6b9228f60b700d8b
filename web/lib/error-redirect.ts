import { CombinedGraphQLErrors } from '@apollo/client/errors'
import { chooseTenantPath, signInPath } from './next-path.ts'
import { problemOf } from './request-error.ts'

/**
 * Where to redirect after an error that a page cannot handle: to another page, or to the same page loaded again
 * (`anew`).
 */
export type Detour = { to: string } | 'anew'

/**
 * The redirect for an error on the page `here`, after which the failed operation can be retried; null if the page
 * should show the error.
 */
export function detourOf(error: unknown, here: string): Detour | null {
  if (problemOf(error).code === 'UNAUTHENTICATED') return { to: signInPath(here) }
  const extensions = CombinedGraphQLErrors.is(error) ? error.errors[0]?.extensions : undefined
  if (extensions?.reason === 'tenant') return 'anew'
  // The user belongs to these tenants and must choose one of them: access/authenticate.ts of the API.
  return Array.isArray(extensions?.tenants) ? { to: chooseTenantPath(here) } : null
}
