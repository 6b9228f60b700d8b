/** What the API makes of a token by itself. `several`: it belongs to these tenants, and one is to be named with each request. */
export type Standing =
  | { is: 'known' | 'unknown' | 'powerless' | 'away' }
  | { is: 'several'; tenants: readonly string[] }

/** The standing that an answer to a query of `viewer` tells of. */
export function standingIn(status: number, answer: unknown): Standing {
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
 * What becomes of the choice that somebody who signs in made before: `keep` it, `drop` it where it is none any more (it would
 * keep to one tenant who is bound to none since), or have them `choose` anew. With an API that is away the page waits, and
 * finds out.
 */
export function afterSignIn(standing: Standing, choice: string | null): 'keep' | 'drop' | 'choose' {
  if (standing.is === 'several') return choice !== null && standing.tenants.includes(choice) ? 'keep' : 'choose'
  return standing.is === 'away' ? 'keep' : 'drop'
}
