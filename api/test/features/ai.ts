import type { TestApp } from '../harness.ts'
import { descriptorFile, startVendor, VENDOR_NAMES, type VendorName, type VendorServer } from '../servers/ai-vendors.ts'

export const TEXT = 'My name is Ada Byron-Example, write to ada@example.com'
/** The lead in TEXT. */
export const LEAD = { name: 'Ada Byron-Example', email: 'ada@example.com', phone: null, company: null }

export const ORCHESTRATE = `mutation ($input: OrchestrateInput!) { orchestrate(input: $input) {
  output usedProvider latencyMs attempts { provider ok skipped error latencyMs } } }`
const PROVIDERS = `{ aiProviders { name healthy circuit cooldownUntil lastError lastCheckedAt totalCalls failedCalls successRate latencyP95Ms } }`

export interface Attempt {
  provider: string
  ok: boolean
  skipped: boolean
  error: string | null
  latencyMs: number
}

export interface Answer {
  output: unknown
  usedProvider: string
  latencyMs: number
  attempts: Attempt[]
}

export interface ProviderState {
  name: string
  healthy: boolean
  circuit: string
  cooldownUntil: string | null
  lastError: string | null
  totalCalls: number
  failedCalls: number
  successRate: number | null
  latencyP95Ms: number | null
}

/** A server for each vendor. */
export interface Vendors {
  server(name: VendorName): VendorServer
  /** The settings of an app with these providers. `over` overrides parts of their descriptors. */
  settings(order: string, over?: Parameters<typeof descriptorFile>[0]): Record<string, string>
  close(): Promise<void>
}

export async function startVendors(): Promise<Vendors> {
  const servers = new Map<VendorName, VendorServer>()
  for (const name of VENDOR_NAMES) servers.set(name, await startVendor())
  const server = (name: VendorName): VendorServer => servers.get(name)!
  return {
    server,
    settings: (order, over = {}) => ({
      PROVIDER_ORDER: order,
      AI_PROVIDERS_FILE: descriptorFile(over),
      CLAUDE_URL: server('claude').origin,
      CLAUDE_API_KEY: 'key-of-claude',
      OLLAMA_URL: server('ollama').origin,
      OPENAI_URL: server('openai').origin,
      OPENAI_API_KEY: 'key-of-openai',
    }),
    async close() {
      for (const one of servers.values()) await one.close()
    },
  }
}

/** Asks for the lead in TEXT. `more` overrides parts of the input. */
export const ask = async (app: TestApp, more: object = {}): Promise<Answer> =>
  (
    await app.ok<{ orchestrate: Answer }>(ORCHESTRATE, {
      input: { intent: 'extract-lead', input: { text: TEXT }, ...more },
    })
  ).orchestrate

export const stateOf = async (app: TestApp, name: string): Promise<ProviderState> => {
  const { aiProviders } = await app.ok<{ aiProviders: ProviderState[] }>(PROVIDERS)
  return aiProviders.find((one) => one.name === name)!
}

export const eventsOf = (app: TestApp, type: string) =>
  app.sql<{ payload: Record<string, unknown>; severity: string; tenant_id: string }>(
    'SELECT payload, severity, tenant_id FROM events WHERE type = $1 ORDER BY id',
    [type],
  )
