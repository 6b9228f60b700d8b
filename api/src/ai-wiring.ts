import { type Ai, createAi } from './ai/ai.ts'
import type { OnCall } from './ai/orchestrate.ts'
import { loadAlertIncident } from './alerts/lifecycle/load-incident.ts'
import type { AppContext } from './app-context.ts'
import { type Crm, createCrm } from './crm/crm.ts'
import type { Publisher } from './events/publish/publish.ts'

/**
 * Creates the AI orchestrator and the CRM that uses it. It is done here because crm/ and ai/ do not import each other.
 */
export function createAiAndCrm(
  core: AppContext,
  { publisher }: { publisher: Publisher },
  onCall?: OnCall,
): { ai: Ai; crm: Crm } {
  const ai = createAi(core, {
    publisher,
    loadAlert: (identity, id) => loadAlertIncident(core, identity, id),
    ...(onCall && { onCall }),
  })
  const crm = createCrm(core, {
    publisher,
    ai: {
      extractLead: (text, request) => ai.orchestrate('extract-lead', { text }, request),
      summarizeActivity: (activity, request) => ai.orchestrate('summarize-activity', activity, request),
    },
  })
  return { ai, crm }
}
