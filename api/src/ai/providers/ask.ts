import type { IntentName, IntentParsed } from '../intents.ts'
import type { Vendor } from './descriptor.ts'

/** A provider's address and key. `url` is null for the vendor's public address. */
export interface Endpoint {
  url: string | null
  apiKey: string | null
}

/** A provider's name and model. `local` has no model. */
export interface ModelSettings {
  vendor: Exclude<Vendor, 'local'>
  name: string
  model: string
}

/** Answers an intent, or rejects with ProviderFailure. The answer has the intent's shape. */
export type Ask = <Name extends IntentName>(
  name: Name,
  input: IntentParsed<Name>,
  signal: AbortSignal,
) => Promise<unknown>
