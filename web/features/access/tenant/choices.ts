/** The tenants between which a user can choose. */
export interface Choices {
  /** The user who chooses. */
  account: string
  tenants: readonly { id: string; name: string }[]
}

interface Known {
  actor: { id: string; name?: string | null }
  tenants: readonly { id: string; name: string }[]
}

/** The tenants of a token, with their names. The API knows no tenant without events: its id is used as the name. */
export function choicesOf(tenants: readonly string[], account: Known | null): Choices {
  const names = new Map(account?.tenants.map(({ id, name }) => [id, name]))
  return {
    account: account?.actor.name ?? account?.actor.id ?? '',
    tenants: tenants.map((id) => ({ id, name: names.get(id) ?? id })),
  }
}

/** A tenant as one line of text. */
export const labelOf = ({ id, name }: { id: string; name: string }): string => (name === id ? id : `${name} (${id})`)
