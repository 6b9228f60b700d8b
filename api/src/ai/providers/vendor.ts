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

/** Sends requests to a language model over its vendor's API. The first request loads the vendors' SDKs. */
export function askVendor(settings: ModelSettings, endpoint: Endpoint, clock: () => number): Ask {
  let asking: Promise<Ask> | undefined
  return async (name, input, signal) => {
    asking ??= load(settings, endpoint, clock)
    return (await asking)(name, input, signal)
  }
}

async function load(settings: ModelSettings, endpoint: Endpoint, clock: () => number): Promise<Ask> {
  const { askLanguageModel } = await import('./language-model.ts')
  return askLanguageModel(settings, endpoint, clock)
}
