import type { AppContext } from '../app-context.ts'
import type { Caller } from '../audit/entry.ts'
import { auditedAct } from '../audit/record.ts'
import type { Publisher } from '../events/publish/publish.ts'
import { forbidden } from '../kit/errors.ts'
import { newId } from '../kit/ids.ts'
import { INTENT_NAMES, INTENTS, type IntentInput, type IntentName } from './intents.ts'
import type { Orchestrator } from './orchestrate.ts'
import type { Provider } from './providers/registry.ts'

/** The result of a drill: whether the provider would answer if all providers before it were down. */
export interface Drill {
  id: string
  provider: string
  at: Date
  ok: boolean
  /** Latency of the slowest request; null if none was sent. */
  latencyMs: number | null
  error: string | null
}

/** The number of drills that are kept for each provider. */
export const KEPT_DRILLS = 50

/** Harmless requests: they name no real person or company and contain no data of the installation. */
const SAMPLES: { [Name in IntentName]: IntentInput<Name> } = {
  'extract-lead': {
    text: 'My name is Alex Example, I work at Example Works Ltd. Please write to alex@example.com.',
  },
  'summarize-activity': { text: 'Call with Alex Example: asked for an offer for ten licences by Friday.' },
  'classify-intent': { text: 'Please send me an offer for ten licences.' },
  'explain-incident': {
    facts: [
      { id: 'f1', kind: 'SCOPE', text: 'Test of the explanation between 09:00 and 09:05 UTC.' },
      { id: 'f2', kind: 'CLUSTER', text: '12 requests of the webhook Example failed with HTTP_5XX.' },
    ],
  },
}

interface DrillDeps {
  core: Pick<AppContext, 'db' | 'clock' | 'env'>
  orchestrator: Orchestrator
  publisher: Pick<Publisher, 'announce'>
}

/**
 * Sends each provider one harmless request for each of its intents, and records whether the provider would work as a
 * fallback. Drills call a provider even while its circuit is open, and their results change the circuit: a successful
 * drill ends a cooldown. After the first failed intent, the provider's other intents are not tried. A failure is
 * announced as `ai.drill.failed`, so that operators learn of it before an outage.
 */
export async function drillAll(deps: DrillDeps, providers = deps.orchestrator.providers): Promise<Drill[]> {
  const drills = await Promise.all(providers.map((provider) => drillOne(deps, provider)))
  await store(deps, drills)
  for (const { provider, ok, error } of drills) {
    // A provider that is not configured is expected to fail, so its failure is not announced.
    if (ok || providers.find(({ name }) => name === provider)?.missing != null) continue
    deps.publisher.announce('aetherlink', {
      type: 'ai.drill.failed',
      severity: 'WARNING',
      subject: provider,
      tenantId: null,
      payload: { provider, error },
    })
  }
  return drills
}

/**
 * `drillAll` on behalf of a user. The providers belong to the installation: throws FORBIDDEN for an identity that is
 * bound to a tenant.
 */
export async function drillProviders(deps: DrillDeps & { core: AppContext }, caller: Caller): Promise<Drill[]> {
  if (caller.identity.tenantId !== null)
    throw forbidden("the AI providers are the installation's; a drill requires an identity that is bound to no tenant")
  const drills = await drillAll(deps)
  const after = Object.fromEntries(drills.map(({ provider, ok }) => [provider, ok]))
  return auditedAct(deps.core, caller, 'ai.drill', {
    result: drills,
    target: { type: 'aiProviders', id: 'all' },
    tenantId: null,
    after,
  })
}

/** Drills the providers whose drill interval has passed since their last drill. */
export async function drillDue(deps: DrillDeps): Promise<void> {
  const rows = await deps.core.db.query<{ provider: string; at: Date }>(
    'SELECT provider, max(at) AS at FROM ai_drills GROUP BY provider',
  )
  const last = new Map(rows.map(({ provider, at }) => [provider, at.getTime()]))
  const now = deps.core.clock()
  const due = deps.orchestrator.providers.filter(
    ({ name, missing, healthCheckSeconds }) =>
      missing === null && healthCheckSeconds > 0 && now - (last.get(name) ?? 0) >= healthCheckSeconds * 1_000,
  )
  if (due.length > 0) await drillAll(deps, due)
}

async function drillOne({ core, orchestrator }: DrillDeps, provider: Provider): Promise<Drill> {
  const id = newId()
  const drill = { id, provider: provider.name, at: new Date(core.clock()) }
  if (provider.missing !== null)
    return { ...drill, ok: false, latencyMs: null, error: `not configured: ${provider.missing}` }
  const until = performance.now() + core.env.AI_TIMEOUT_MS
  let slowest = 0
  for (const intent of INTENT_NAMES) {
    if (!provider.capabilities.has(intent)) continue
    const input = INTENTS[intent].input.parse(SAMPLES[intent])
    const timeoutMs = Math.max(1, Math.min(provider.timeoutMs, until - performance.now()))
    const result = await orchestrator.call(provider, intent, input, { timeoutMs, isProbe: true })
    slowest = Math.max(slowest, result.latencyMs)
    if (!result.ok) return { ...drill, ok: false, latencyMs: result.latencyMs, error: `${intent}: ${result.error}` }
  }
  return { ...drill, ok: true, latencyMs: slowest, error: null }
}

async function store({ core }: DrillDeps, drills: readonly Drill[]): Promise<void> {
  await core.db.query(
    `INSERT INTO ai_drills (id, provider, at, ok, latency_ms, error)
     SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::bool[], $5::float8[], $6::text[])`,
    [
      drills.map(({ id }) => id),
      drills.map(({ provider }) => provider),
      drills.map(({ at }) => at.toISOString()),
      drills.map(({ ok }) => ok),
      drills.map(({ latencyMs }) => latencyMs),
      drills.map(({ error }) => error),
    ],
  )
  await core.db.query(
    `DELETE FROM ai_drills WHERE id IN (
       SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY provider ORDER BY id DESC) AS nth FROM ai_drills) AS d
       WHERE nth > ${KEPT_DRILLS})`,
  )
}
