/** A problem with a schema, and its location. */
export class SchemaProblem extends Error {
  readonly at: readonly string[]
  constructor(at: readonly string[], message: string) {
    super(message)
    this.at = at
  }
}

export type Json = Readonly<Record<string, unknown>>
export type Dialect = 'draft-07' | '2020-12'
