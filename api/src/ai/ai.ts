import type { AppContext } from '../app-context.ts'
import type { Caller } from '../audit/entry.ts'
import type { Publisher } from '../events/publish/publish.ts'
import { announceOutcome } from './announce.ts'
import type { ProviderHealth } from './circuit.ts'
import { type Drill, drillDue, drillProviders } from './drill.ts'
import { createHealthStore } from './health.ts'
import type { Explanation } from './incidents/explain.ts'
import { explainIncident } from './incidents/explain.ts'
import type { ExplainInput, LoadAlertIncident } from './incidents/scope.ts'
import { type OnCall, Orchestrator } from './orchestrate.ts'
import { loadProviders, type Provider } from './providers/registry.ts'
import { createTenantProviders } from './tenant-providers.ts'

declare module '../graphql/context.ts' {
  interface Services {
    ai: Ai
  }
}

/** The AI orchestrator of a process, and the parts that use it. */
export interface Ai {
  providers: readonly Provider[]
  orchestrate: Orchestrator['orchestrate']
  readHealth(): Promise<ReadonlyMap<string, ProviderHealth>>
  drill(caller: Caller): Promise<Drill[]>
  explain(core: AppContext, caller: Caller, input: ExplainInput): Promise<Explanation>
  /**
   * Starts drilling the providers that are due, every minute on one of the workers. Does nothing if no provider has a
   * drill interval.
   */
  startDrills(): void
}

const DRILL_TICK_MS = 60_000

interface AiDeps {
  publisher: Pick<Publisher, 'announce'>
  loadAlert: LoadAlertIncident
  onCall?: OnCall
}

/** Throws SettingsError when the provider descriptor or the order of providers is invalid. */
export function createAi(core: AppContext, { publisher, loadAlert, onCall }: AiDeps): Ai {
  const providers = loadProviders(core.env, core.clock)
  const health = createHealthStore(core)
  const orchestrator = new Orchestrator({
    core,
    providers,
    health,
    tenantProviders: createTenantProviders(core),
    onOutcome: announceOutcome(publisher),
    ...(onCall && { onCall }),
  })
  const drills = { core, orchestrator, publisher }
  return {
    providers,
    orchestrate: orchestrator.orchestrate.bind(orchestrator),
    readHealth: health.read,
    drill: (caller) => drillProviders(drills, caller),
    explain: (readCore, caller, input) => explainIncident({ core: readCore, orchestrator, loadAlert }, caller, input),
    startDrills() {
      if (providers.every(({ healthCheckSeconds }) => healthCheckSeconds === 0)) return
      core.jobs.every('ai-drills', DRILL_TICK_MS, () => drillDue(drills))
    },
  }
}
