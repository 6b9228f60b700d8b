import type { Clock } from '../../app-context.ts'
import type { Env } from '../../env.ts'
import { SettingsError } from '../../env.ts'
import type { IntentName } from '../intents.ts'
import { askLocal } from '../local/local.ts'
import type { Ask, Endpoint } from './ask.ts'
import {
  type CircuitSettings,
  type Descriptor,
  loadDescriptor,
  type ProviderSettings,
  readApiKey,
  type Vendor,
} from './descriptor.ts'
import { askVendor } from './vendor.ts'

/** A provider of the descriptor, ready to be called. */
export interface Provider {
  name: string
  vendor: Vendor
  tier: string
  model: string
  /** The provider's place in the order, from 1. Providers of one group have the same priority. */
  priority: number
  capabilities: ReadonlySet<IntentName>
  timeoutMs: number
  weight: number
  /** Maximum number of concurrent requests in each process. */
  concurrency: number
  circuit: CircuitSettings
  /** Seconds between periodic drills; 0 means no drills. */
  healthCheckSeconds: number
  /** The setting that is missing, in words; null if the provider is configured. */
  missing: string | null
  ask: Ask
}

export type ProviderEnv = Pick<
  Env,
  | 'AI_PROVIDERS_FILE'
  | 'PROVIDER_ORDER'
  | 'AI_DRILL_SECONDS'
  | 'CLAUDE_URL'
  | 'CLAUDE_API_KEY'
  | 'OLLAMA_URL'
  | 'OLLAMA_API_KEY'
  | 'OPENAI_URL'
  | 'OPENAI_API_KEY'
>

/** The providers in their order. Throws SettingsError for an invalid descriptor or order. */
export function loadProviders(env: ProviderEnv, clock: Clock): Provider[] {
  const descriptor = loadDescriptor(env.AI_PROVIDERS_FILE ?? null, env.PROVIDER_ORDER ?? null)
  return descriptor.order.flatMap((group, index) =>
    group.map((name) => {
      const settings = descriptor.providers.get(name)
      if (!settings) throw new SettingsError(`there is no AI provider ${name}`)
      return makeProvider(name, index + 1, settings, endpointOf(env, descriptor, name, settings), env, clock)
    }),
  )
}

function makeProvider(
  name: string,
  priority: number,
  settings: ProviderSettings,
  endpoint: Endpoint,
  env: ProviderEnv,
  clock: Clock,
): Provider {
  const { vendor, tier, model, timeoutMs, weight, concurrency, circuit } = settings
  const missing = missingOf(name, vendor, endpoint)
  const ask: Ask =
    vendor === 'local'
      ? askLocal
      : missing === null
        ? askVendor({ vendor, name, model }, endpoint, clock)
        : () => Promise.reject(new Error(`provider ${name} is not configured`))
  return {
    name,
    vendor,
    tier,
    model,
    priority,
    capabilities: new Set(settings.capabilities),
    timeoutMs,
    weight,
    concurrency,
    circuit,
    healthCheckSeconds: settings.healthCheckSeconds ?? env.AI_DRILL_SECONDS,
    missing,
    ask,
  }
}

/** The settings of the built-in providers. The addresses of other providers are in the descriptor. */
const ENDPOINTS: Readonly<
  Record<string, (env: ProviderEnv) => { url: string | undefined; apiKey: string | undefined }>
> = {
  claude: (env) => ({ url: env.CLAUDE_URL, apiKey: env.CLAUDE_API_KEY }),
  ollama: (env) => ({ url: env.OLLAMA_URL, apiKey: env.OLLAMA_API_KEY }),
  openai: (env) => ({ url: env.OPENAI_URL, apiKey: env.OPENAI_API_KEY }),
}

function endpointOf(env: ProviderEnv, { path }: Descriptor, name: string, settings: ProviderSettings): Endpoint {
  const set = ENDPOINTS[name]?.(env)
  const { apiKeyFile } = settings
  return {
    url: set?.url ?? settings.url ?? null,
    apiKey: set?.apiKey ?? (apiKeyFile === undefined ? null : readApiKey(path, name, apiKeyFile)),
  }
}

/**
 * Names what is missing. A vendor's public address requires a key; a custom address may be a gateway that adds the key
 * itself. Self-hosted servers have no default address, so they require a URL.
 */
function missingOf(name: string, vendor: Vendor, { url, apiKey }: Endpoint): string | null {
  if (vendor === 'local' || url !== null) return null
  const prefix = name in ENDPOINTS ? name.toUpperCase() : null
  if (vendor === 'anthropic' || vendor === 'openai') {
    if (apiKey !== null) return null
    return prefix ? `${prefix}_API_KEY is not set` : 'the descriptor has neither url nor apiKeyFile'
  }
  return prefix ? `${prefix}_URL is not set` : 'the descriptor has no url'
}
