import type { AppContext } from '../app-context.ts'
import type { Publisher } from '../events/publish/publish.ts'
import type { AiAttemptShape } from '../graphql/types/ai-attempt.ts'
import { createOutbox, type Outbox } from './outbox.ts'

declare module '../graphql/context.ts' {
  interface Services {
    crm: Crm
  }
}

/** The contact details of a person in a free text. A field is null if the text does not contain it. */
export interface LeadDraft {
  name: string | null
  email: string | null
  phone: string | null
  company: string | null
}

/** The answer of an AI provider, with the name of the provider and all attempts. */
export interface Answered<Output> {
  output: Output
  usedProvider: string
  attempts: AiAttemptShape[]
}

/** The tenant of the request, whose limits apply, and the request's id for the events about it. */
export interface CrmAiRequest {
  tenantId: string
  requestId: string | null
}

/** The AI functions that the CRM uses. They are implemented with the orchestrator of ai/. */
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
  /** Starts publishing, on one of the workers, the events that a process left when it died. */
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

/** What the CRM's functions need: the context of the request, and the CRM itself. */
export interface CrmContext {
  core: AppContext
  crm: Crm
}
