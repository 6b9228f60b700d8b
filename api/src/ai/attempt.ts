/** The result of one provider, in the order in which providers are tried. */
export interface Attempt {
  provider: string
  ok: boolean
  /** No request was sent; `error` has the reason. */
  skipped: boolean
  /** The provider is in its cooldown. */
  isSpared: boolean
  error: string | null
  latencyMs: number
}
