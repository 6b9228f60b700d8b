import type { HealOutcome, Severity } from '../../../prisma/generated/client/enums.ts'
import type { Publisher } from '../events/publish/publish.ts'
import { publicId } from '../kit/ids.ts'
import type { Announcement, Trigger } from './decide/state.ts'

export type Announcer = Pick<Publisher, 'announce'>

/** The source of the events. Subscribers rely on this name, so it stays. */
const SOURCE = 'aether-auto-heal'

/**
 * Announces an event of healing, which always belongs to the installation. `key` identifies the event: if it is
 * announced twice, because a worker died in between, it is stored once.
 */
function announce(
  announcer: Announcer,
  type: string,
  severity: Severity,
  subject: string | null,
  payload: object,
  key: string,
) {
  announcer.announce(SOURCE, {
    type,
    severity,
    tenantId: null,
    payload,
    idempotencyKey: key,
    ...(subject !== null && { subject }),
  })
}

export interface AttemptFacts {
  attemptId: string
  /** The registered service that runs in the container. If there is none, the container's name. */
  service: string
  container: string
  trigger: Trigger | string
  reason: string
  number: number
}

/** Announces an attempt, before the restart. */
export function announceAttempt(announcer: Announcer, facts: AttemptFacts): void {
  const { attemptId, service, container, trigger, reason, number } = facts
  const payload = { service, container, reason, trigger, attempt: number, attemptId: publicId('heal', attemptId) }
  announce(announcer, 'autoheal.attempted', 'WARNING', service, payload, `${attemptId}:attempted`)
}

/** Announces how an attempt ended. */
export function announceEnd(
  announcer: Announcer,
  facts: AttemptFacts & { outcome: HealOutcome; message: string; durationMs: number | null },
): void {
  const { attemptId, service, container, number, outcome, message, durationMs } = facts
  const shared = { service, container, attempt: number, attemptId: publicId('heal', attemptId) }
  if (outcome === 'SUCCEEDED')
    announce(announcer, 'autoheal.succeeded', 'INFO', service, { ...shared, durationMs }, `${attemptId}:ended`)
  if (outcome === 'FAILED')
    announce(announcer, 'autoheal.failed', 'ERROR', service, { ...shared, error: message }, `${attemptId}:ended`)
}

/** Announces that a target is no longer restarted. `key` contains the target's version, so each change is one event. */
export function announceState(
  announcer: Announcer,
  announcement: Announcement,
  { service, container, reason, key }: { service: string; container: string; reason: string | null; key: string },
): void {
  const shared = { service, container, reason }
  if (announcement.kind === 'flapping')
    announce(
      announcer,
      'autoheal.flapping',
      'ERROR',
      service,
      { ...shared, falls: announcement.falls },
      `${key}:flapping`,
    )
  else
    announce(
      announcer,
      'autoheal.given_up',
      'CRITICAL',
      service,
      { ...shared, restarts: announcement.restarts },
      `${key}:given-up`,
    )
}

export function announceStorm(
  announcer: Announcer,
  { failing, watched, services, since }: { failing: number; watched: number; services: readonly string[]; since: Date },
): void {
  announce(
    announcer,
    'autoheal.storm',
    'CRITICAL',
    null,
    { failing, watched, services },
    `storm:${since.toISOString()}`,
  )
}
