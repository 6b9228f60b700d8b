/**
 * Tells equal JSON values by equal tokens, as JSON Schema has equality: numbers by value, objects whatever the order of
 * their keys. Each object is read once in a run, however often it is asked about, on whatever level: so tokens cost what the
 * payload is long.
 */
export class Identities {
  /** By the tokens of what they hold: what the schema has, which stays, and what the payload of this run has. */
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

  /** The token of a value of the schema. All are asked for before the first run. */
  constant(value: unknown): string {
    if (typeof value !== 'object' || value === null) return primitive(value)
    const form = formOf(value, (item) => this.constant(item))
    const token = this.constants.get(form) ?? `=${this.constants.size}`
    this.constants.set(form, token)
    return token
  }

  /** Ends a run. */
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

/** Numbers have a letter before them: digits alone hash to what a producer can foresee, and make collide. */
const primitive = (value: unknown) => (typeof value === 'number' ? `n${value}` : (JSON.stringify(value) ?? 'undefined'))
