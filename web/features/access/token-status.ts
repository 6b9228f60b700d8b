/**
 * The status of a token according to the API. `several`: the token belongs to several tenants, so each request must
 * name one.
 */
export type TokenStatus =
  | { is: 'known' | 'unknown' | 'powerless' | 'away' }
  | { is: 'several'; tenants: readonly string[] }

/** The token status in a response to a `viewer` query. */
export function tokenStatusIn(status: number, answer: unknown): TokenStatus {
  if (status >= 500 || status === 429) return { is: 'away' }
  if (status === 403) return { is: 'powerless' }
  const tenants = tenantsIn(answer)
  if (status === 400 && tenants) return { is: 'several', tenants }
  const isKnown = typeof answer === 'object' && answer !== null && 'data' in answer && !('errors' in answer)
  return { is: status === 200 && isKnown ? 'known' : 'unknown' }
}

function tenantsIn(answer: unknown): readonly string[] | null {
  if (typeof answer !== 'object' || answer === null || !('errors' in answer) || !Array.isArray(answer.errors))
    return null
  const tenants: unknown = answer.errors[0]?.extensions?.tenants
  return Array.isArray(tenants) && tenants.every((one) => typeof one === 'string') ? tenants : null
}

/**
 * What to do with an earlier tenant choice after signing in: `keep` it, `drop` it if it no longer applies (it would
 * restrict a user without a tenant), or `choose` again. While the API is unavailable, the choice is kept and the page
 * waits for the API.
 */
export function afterSignIn(status: TokenStatus, choice: string | null): 'keep' | 'drop' | 'choose' {
  if (status.is === 'several') return choice !== null && status.tenants.includes(choice) ? 'keep' : 'choose'
  return status.is === 'away' ? 'keep' : 'drop'
}
