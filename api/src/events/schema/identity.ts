/**
 * Gives equal JSON values equal tokens. Equality is that of JSON Schema: numbers are compared by value, and the order
 * of keys does not matter. Each object is processed once per run, so the total cost is linear in the size of the
 * payload.
 */
export class Identities {
  /** Tokens of the values in the schema, by content. They stay; all other tokens are discarded after each run. */
  private readonly constants = new Map<string, string>()
  private readonly forms = new Map<string, string>()
  private readonly read = new Map<object, string>()

  token(value: unknown): string {
    if (typeof value !== 'object' || value === null) return primitive(value)
    let token = this.read.get(value)
    if (token === undefined) {
      const form = formOf(value, (item) => this.token(item))
      token = this.constants.get(form) ?? this.forms.get(form)
      if (token === undefined) {
        token = `#${this.forms.size}`
        this.forms.set(form, token)
      }
      this.read.set(value, token)
    }
    return token
  }

  /** The token of a value in the schema. All of these must be requested before the first run. */
  constant(value: unknown): string {
    if (typeof value !== 'object' || value === null) return primitive(value)
    const form = formOf(value, (item) => this.constant(item))
    const token = this.constants.get(form) ?? `=${this.constants.size}`
    this.constants.set(form, token)
    return token
  }

  /** Ends a run and discards the tokens of its payload. */
  forget(): void {
    if (this.read.size === 0) return
    this.forms.clear()
    this.read.clear()
  }
}

function formOf(value: object, tokenOf: (item: unknown) => string): string {
  if (Array.isArray(value)) return `[${value.map(tokenOf).join()}]`
  const entries = value as Record<string, unknown>
  const keys = Object.keys(value).filter((key) => entries[key] !== undefined)
  return `{${keys
    .sort()
    .map((key) => `${JSON.stringify(key)}:${tokenOf(entries[key])}`)
    .join()}}`
}

/**
 * Numbers get a prefix. Otherwise a producer could choose values whose keys consist only of digits and have colliding
 * hashes.
 */
const primitive = (value: unknown) => (typeof value === 'number' ? `n${value}` : (JSON.stringify(value) ?? 'undefined'))
