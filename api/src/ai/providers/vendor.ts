import type { Ask, Endpoint, ModelSettings } from './ask.ts'

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
