import type { AppContext } from '../app-context.ts'
import type { Publisher } from '../events/publish/publish.ts'
import type { AiAttemptShape } from '../graphql/types/ai-attempt.ts'
import { createOutbox, type Outbox } from './outbox.ts'

declare module '../graphql/context.ts' {
  interface Services {
    crm: Crm
  }
}

/** The facts about a person in free text. A field is null if the text does not contain it. */
export interface LeadDraft {
  name: string | null
  email: string | null
  phone: string | null
  company: string | null
}

/** An answer of an AI provider, with the provider and the attempts. */
export interface Answered<Output> {
  output: Output
  usedProvider: string
  attempts: AiAttemptShape[]
}

/** The tenant of the request, for its limits, and the data for the events about it. */
export interface CrmAiRequest {
  tenantId: string
  requestId: string | null
}

/** The AI functions that the CRM uses. The wiring passes the orchestrator of ai/. */
export interface CrmAi {
  extractLead(text: string, request: CrmAiRequest): Promise<Answered<LeadDraft>>
  summarizeActivity(
    activity: { text: string; kind: 'CALL' | 'EMAIL' | 'MEETING' | 'NOTE' },
    request: CrmAiRequest,
  ): Promise<Answered<{ summary: string }>>
}

export interface Crm {
  ai: CrmAi
  outbox: Outbox
  /** Publishes events that a dead process left, on one of the workers. */
  startOutbox(): void
  /** Resolves when no event is being published. */
  close(): Promise<void>
}

const OUTBOX_TICK_MS = 15_000

export function createCrm(
  core: AppContext,
  { publisher, ai }: { publisher: Pick<Publisher, 'publish'>; ai: CrmAi },
): Crm {
  const outbox = createOutbox(core, publisher)
  return {
    ai,
    outbox,
    startOutbox: () => core.jobs.every('crm-outbox', OUTBOX_TICK_MS, outbox.publishLeft),
    close: outbox.idle,
  }
}

/** The dependencies of the CRM's functions: the database of the request, and the outbox. */
export interface CrmContext {
  core: AppContext
  crm: Crm
}
