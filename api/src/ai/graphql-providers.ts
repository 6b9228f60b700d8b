import { Tenant } from '../access/tenants/graphql-tenants.ts'
import { builder } from '../graphql/builder.ts'
import { costs } from '../graphql/limits/cost.ts'
import { createLoader } from '../graphql/loader.ts'
import { CircuitState } from '../graphql/types/enums.ts'
import { circuitState, latencyP95, type ProviderHealth, UNTRIED } from './circuit.ts'
import { type Drill, KEPT_DRILLS } from './drill.ts'
import type { Provider } from './providers/registry.ts'
import { setTenantProviders, tenantProvidersLoader } from './tenant-providers.ts'
import './ai.ts'

interface ProviderShape {
  provider: Provider
  health: ProviderHealth
  now: number
}

export const ProviderDrill = builder.objectRef<Drill>('ProviderDrill').implement({
  description: 'Whether an AI provider would answer if every one before it were down.',
  fields: (t) => ({
    provider: t.exposeString('provider', { description: 'The name of the provider.' }),
    ok: t.exposeBoolean('ok', { description: 'Whether it answered each of its intents correctly.' }),
    latencyMs: t.exposeFloat('latencyMs', {
      description: 'Milliseconds of its slowest request; null when none was sent.',
      nullable: true,
    }),
    error: t.exposeString('error', {
      description: 'The reason why the fallback would fail; null if it would work.',
      nullable: true,
    }),
    at: t.expose('at', { description: 'When it was drilled.', type: 'DateTime' }),
  }),
})

const drillsLoader = createLoader<Drill[]>(async (names, { core }) => {
  const rows = await core.db.query<Drill>(
    `SELECT id, provider, at, ok, latency_ms AS "latencyMs", error FROM ai_drills WHERE provider = ANY ($1::text[]) ORDER BY id DESC`,
    [names],
  )
  return new Map(names.map((name) => [name, rows.filter(({ provider }) => provider === name)]))
})

const at = (ms: number | null): Date | null => (ms === null ? null : new Date(ms))

export const AiProvider = builder.objectRef<ProviderShape>('AiProvider').implement({
  description: 'A language model behind an API, or the deterministic one in the process, with its health.',
  fields: (t) => ({
    name: t.string({
      description: 'Its name in the descriptor and in PROVIDER_ORDER.',
      resolve: ({ provider }) => provider.name,
    }),
    vendor: t.string({
      description: 'The type of its API: anthropic, openai, openai-compatible, ollama, or local.',
      resolve: ({ provider }) => provider.vendor,
    }),
    tier: t.string({
      description: 'Its rank in the descriptor, such as premium or local.',
      resolve: ({ provider }) => provider.tier,
    }),
    model: t.string({ description: 'The name of its model.', resolve: ({ provider }) => provider.model }),
    priority: t.int({
      description: 'Its place in the order, from 1; providers of the same place share the load.',
      resolve: ({ provider }) => provider.priority,
    }),
    weight: t.int({
      description: 'Its share of the load among providers of the same place.',
      resolve: ({ provider }) => provider.weight,
    }),
    timeoutMs: t.int({
      description: 'The timeout of a request to it, in milliseconds.',
      resolve: ({ provider }) => provider.timeoutMs,
    }),
    capabilities: t.stringList({
      description: 'The intents that it is used for.',
      resolve: ({ provider }) => [...provider.capabilities],
    }),
    configured: t.boolean({
      description: 'Whether it has the key or URL that it needs. A provider without them is skipped.',
      resolve: ({ provider }) => provider.missing === null,
    }),
    healthy: t.boolean({
      description: 'Whether it is configured and its circuit is closed.',
      resolve: ({ provider, health, now }) => provider.missing === null && circuitState(health, now) === 'CLOSED',
    }),
    circuit: t.field({
      description: 'OPEN while it is skipped after a failure; one request probes it after the cooldown.',
      type: CircuitState,
      resolve: ({ health, now }) => circuitState(health, now),
    }),
    cooldownUntil: t.field({
      description: 'When it may be probed; null while its circuit is closed.',
      type: 'DateTime',
      nullable: true,
      resolve: ({ health }) => at(health.cooldownUntil),
    }),
    lastError: t.string({
      description: 'Its last failure, or its missing setting; null when there is neither.',
      nullable: true,
      resolve: ({ provider, health }) => provider.missing ?? health.lastError,
    }),
    lastCheckedAt: t.field({
      description: 'When it last got a request; null: never.',
      type: 'DateTime',
      nullable: true,
      resolve: ({ health }) => at(health.lastCheckedAt),
    }),
    lastSuccessAt: t.field({
      description: 'When it last succeeded; null: never.',
      type: 'DateTime',
      nullable: true,
      resolve: ({ health }) => at(health.lastSuccessAt),
    }),
    totalCalls: t.int({
      description: 'Number of requests to it, including drills.',
      resolve: ({ health }) => Math.min(health.totalCalls, MAX_INT),
    }),
    failedCalls: t.int({
      description: 'Number of failed requests.',
      resolve: ({ health }) => Math.min(health.failedCalls, MAX_INT),
    }),
    successRate: t.float({
      description: 'Share of its calls that succeeded, 0 to 1; null before the first.',
      nullable: true,
      resolve: ({ health: { totalCalls, failedCalls } }) => (totalCalls === 0 ? null : 1 - failedCalls / totalCalls),
    }),
    latencyP95Ms: t.float({
      description: 'The 95th percentile of its latest 200 successful calls, in milliseconds; null before the first.',
      nullable: true,
      resolve: ({ health }) => latencyP95(health.latencies),
    }),
    drills: t.field({
      description: `Its latest drills, newest first; at most ${KEPT_DRILLS} are kept.`,
      type: [ProviderDrill],
      extensions: costs({ rows: { arg: 'first', max: KEPT_DRILLS } }),
      args: { first: t.arg.int({ description: `The maximum number, 1 to ${KEPT_DRILLS}.`, defaultValue: 5 }) },
      resolve: async ({ provider }, { first }, context) =>
        ((await drillsLoader(context).load(provider.name)) ?? []).slice(0, Math.max(1, first ?? 5)),
    }),
  }),
})

/** The largest value of GraphQL's Int. */
const MAX_INT = 2 ** 31 - 1

builder.queryField('aiProviders', (t) =>
  t.field({
    description: 'The AI providers in their order, with their health.',
    type: [AiProvider],
    authScopes: { viewer: true },
    extensions: costs({ rows: 10 }),
    resolve: async (_root, _args, { ai, core }) => {
      const health = await ai.readHealth()
      const now = core.clock()
      return ai.providers.map((provider) => ({ provider, health: health.get(provider.name) ?? UNTRIED, now }))
    },
  }),
)

builder.objectField(Tenant, 'aiProviders', (t) =>
  t.stringList({
    description: 'The AI providers that the tenant is restricted to; null: all.',
    nullable: true,
    resolve: ({ id }, _args, context) => tenantProvidersLoader(context).load(id),
  }),
)

const TenantAiProvidersPayload = builder
  .objectRef<{ tenant: typeof Tenant.$inferType }>('TenantAiProvidersPayload')
  .implement({
    description: 'The tenant after the change.',
    fields: (t) => ({ tenant: t.expose('tenant', { description: 'As it is now.', type: Tenant }) }),
  })

builder.mutationFields((t) => ({
  drillProviders: t.field({
    description:
      'Sends each AI provider a harmless request for each of its intents, and records whether it would work as a fallback. The results count for their health. Only for identities without a tenant.',
    type: [ProviderDrill],
    authScopes: { operator: true },
    audit: { action: 'ai.drill', target: 'aiProviders' },
    extensions: costs({ self: 100, rows: 10 }),
    resolve: (_root, _args, context) => context.ai.drill(context),
  }),
  setTenantAiProviders: t.field({
    description:
      "Restricts a tenant's AI requests to some providers, or lifts the restriction. Only for identities without a tenant.",
    type: TenantAiProvidersPayload,
    authScopes: { admin: true },
    audit: { action: 'tenant.setAiProviders', target: 'tenant' },
    args: {
      tenantId: t.arg.string({ required: true, description: 'The tenant, by its slug.' }),
      providers: t.arg.stringList({ description: 'Names of providers, at least one; null, the default, allows all.' }),
    },
    resolve: async (_root, { tenantId, providers }, context) => {
      const names = context.ai.providers.map(({ name }) => name)
      return { tenant: await setTenantProviders(context.core, names, context, tenantId, providers ?? null) }
    },
  }),
}))
