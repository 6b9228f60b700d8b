import type { AppContext } from '../../app-context.ts'
import type { Caller } from '../../audit/entry.ts'
import { auditedAct } from '../../audit/record.ts'
import { DEFAULT_TENANT } from '../../identity/tenant-scope.ts'
import { AppError } from '../../kit/errors.ts'
import { publicId } from '../../kit/ids.ts'
import type { Attempt } from '../attempt.ts'
import type { Orchestrator } from '../orchestrate.ts'
import { factsOf, type IncidentLink, type LinkedFact, tenantsOf } from './facts.ts'
import { gather } from './gather.ts'
import { type ExplainInput, type IncidentScope, incidentScope, type LoadAlertIncident } from './scope.ts'

export interface Explanation {
  lines: { text: string; links: IncidentLink[] }[]
  facts: LinkedFact[]
  usedProvider: string
  attempts: Attempt[]
}

/**
 * Gathers the facts of an incident and lets a provider write five lines about them. Every number in a line must be in
 * one of the line's facts; any other answer counts as the provider's failure. Only providers that all affected tenants
 * allow are used. Rejects like `incidentScope` and `Orchestrator.orchestrate`.
 */
export async function explainIncident(
  { core, orchestrator, loadAlert }: { core: AppContext; orchestrator: Orchestrator; loadAlert: LoadAlertIncident },
  caller: Caller,
  input: ExplainInput,
): Promise<Explanation> {
  const { identity, requestId } = caller
  const scope = await incidentScope(core, identity, loadAlert, input)
  if (scope === null) throw new AppError('NOT_FOUND', 'this identity can see nothing to explain')
  const figures = await gather(core, identity, scope)
  const facts = factsOf(scope, figures, identity.tenantId === null)
  const answer = await orchestrator.orchestrate(
    'explain-incident',
    { facts: facts.map(({ id, kind, text }) => ({ id, kind, text })) },
    { tenantId: scope.tenantId ?? DEFAULT_TENANT, dataOf: tenantsOf(figures), requestId },
  )
  const byId = new Map(facts.map((fact) => [fact.id, fact]))
  const lines = answer.output.lines.map((line) => ({
    text: line.text,
    links: line.facts.flatMap((id) => byId.get(id)?.link ?? []),
  }))
  const { usedProvider, attempts } = answer
  return auditedAct(core, caller, 'ai.explainIncident', {
    result: { lines, facts, usedProvider, attempts },
    target: targetOf(scope),
    tenantId: scope.tenantId,
    after: { usedProvider, since: new Date(scope.since), until: new Date(scope.until) },
  })
}

const targetOf = ({ alert, webhook }: IncidentScope) =>
  alert
    ? { type: 'alert', id: publicId('alr', alert.id) }
    : webhook
      ? { type: 'webhook', id: publicId('whk', webhook.id) }
      : null
