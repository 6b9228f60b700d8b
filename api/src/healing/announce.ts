import type { HealOutcome, Severity } from '../../../prisma/generated/client/enums.ts'
import type { SystemEvent } from '../events/publish/publish-in-transaction.ts'
import { publicId } from '../kit/ids.ts'
import type { Announcement, Trigger } from './decide/state.ts'

/** The source of the events. Subscribers rely on this name, so it stays. */
export const SOURCE = 'aether-auto-heal'

/** Builds an event of healing, which always belongs to the installation. */
const event = (type: string, severity: Severity, subject: string | null, payload: object): SystemEvent => ({
  type,
  source: SOURCE,
  severity,
  subject,
  tenantId: null,
  payload,
  route: null,
})

export interface AttemptFacts {
  attemptId: string
  /** The registered service that runs in the container. If there is none, the container's name. */
  service: string
  container: string
  number: number
}

/** The event of an attempt. It is stored before Docker is called. */
export function attemptEvent(facts: AttemptFacts & { trigger: Trigger; reason: string }): SystemEvent {
  const { attemptId, service, container, trigger, reason, number } = facts
  const payload = { service, container, reason, trigger, attempt: number, attemptId: publicId('heal', attemptId) }
  return event('autoheal.attempted', 'WARNING', service, payload)
}

/** The event of an attempt's end; null for an attempt that was held back. */
export function endEvent(
  facts: AttemptFacts & { outcome: HealOutcome; message: string; durationMs: number | null },
): SystemEvent | null {
  const { attemptId, service, container, number, outcome, message, durationMs } = facts
  const shared = { service, container, attempt: number, attemptId: publicId('heal', attemptId) }
  switch (outcome) {
    case 'SUCCEEDED':
      return event('autoheal.succeeded', 'INFO', service, { ...shared, durationMs })
    case 'FAILED':
      return event('autoheal.failed', 'ERROR', service, { ...shared, error: message })
    case 'SUPPRESSED':
      return null
  }
}

/** The event of a target that is not restarted any more. */
export function stateEvent(
  announcement: Announcement,
  shared: { service: string; container: string; reason: string | null },
): SystemEvent {
  return announcement.kind === 'flapping'
    ? event('autoheal.flapping', 'ERROR', shared.service, { ...shared, falls: announcement.falls })
    : event('autoheal.given_up', 'CRITICAL', shared.service, { ...shared, restarts: announcement.restarts })
}

export function stormEvent(facts: {
  failing: number
  watched: number
  services: readonly string[]
  since: Date
}): SystemEvent {
  return event('autoheal.storm', 'CRITICAL', null, { ...facts, since: facts.since.toISOString() })
}
