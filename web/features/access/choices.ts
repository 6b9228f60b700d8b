/** What somebody of several tenants chooses from. */
export interface Choices {
  /** Who is to choose. */
  account: string
  tenants: readonly { id: string; name: string }[]
}

interface Known {
  actor: { id: string; name?: string | null }
  tenants: readonly { id: string; name: string }[]
}

/** The tenants of a token, with the names that the API has for them: it knows none that nothing was published for yet. */
export function choicesOf(tenants: readonly string[], known: Known | null): Choices {
  const names = new Map(known?.tenants.map(({ id, name }) => [id, name]))
  return {
    account: known?.actor.name ?? known?.actor.id ?? '',
    tenants: tenants.map((id) => ({ id, name: names.get(id) ?? id })),
  }
}

/** A tenant in one line. */
export const labelOf = ({ id, name }: { id: string; name: string }): string => (name === id ? id : `${name} (${id})`)
