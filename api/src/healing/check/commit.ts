import { isDeepStrictEqual } from 'node:util'
import type { PoolClient } from 'pg'
import type { AppContext } from '../../app-context.ts'
import {
  type PublishInTransaction,
  publishIfValid,
  type SystemEvent,
} from '../../events/publish/publish-in-transaction.ts'
import { newId } from '../../kit/ids.ts'
import { SOURCE } from '../announce.ts'
import type { FleetView } from '../decide/fleet.ts'
import type { Memory } from '../targets/memory.ts'
import type { Target } from '../targets/merge.ts'
import { markGone, saveTarget } from '../targets/store.ts'
import { type EndedAttempt, endAttempt, insertAttempt, noteFollowUp } from './attempts.ts'
import type { Conclusion } from './conclude.ts'
import { eventsOf, stormEventOf } from './events-of.ts'
import { holdsLease, type Lease } from './lease.ts'

/** The stored results of a check, for the next steps. */
export interface Committed {
  /** The conclusions that were stored. Those that were void are missing. */
  conclusions: Conclusion[]
  /** Ids of the attempts that ended, including those that were held back or refused. */
  endedIds: string[]
  /** Whether a page that shows Docker, the storm and the states of all targets is out of date since this check. */
  isVisible: boolean
}

export interface CheckFacts {
  mode: string
  intervalSeconds: number
  dockerLatencyMs: number
  now: Date
}

/**
 * Stores the results of a check and publishes their events in one transaction, if the check's lease is still the
 * newest. Null if another worker has taken over; then nothing is stored. Attempts are stored before Docker is called,
 * so that none is lost.
 */
export async function commitCheck(
  core: Pick<AppContext, 'log'>,
  publishInTransaction: PublishInTransaction,
  lease: Lease,
  conclusions: readonly Conclusion[],
  fleet: FleetView,
  facts: CheckFacts,
): Promise<Committed | null> {
  const { now } = facts
  return publishInTransaction(SOURCE, async (client, publish) => {
    if (!(await holdsLease(client, lease))) return null
    const counting: Conclusion[] = []
    const endedIds: string[] = []
    const events: SystemEvent[] = []
    const openRequests = await lockRequests(client, conclusions)
    for (const conclusion of conclusions) {
      const { request } = conclusion.surveyed
      // The user's request was withdrawn meanwhile, so the decision on it is void.
      if (request && !openRequests.has(request.id)) continue
      if (!(await storeTarget(client, conclusion))) continue
      counting.push(conclusion)
      const { ended, otherIds } = await storeAttempts(client, conclusion, lease, now)
      endedIds.push(...(ended ? [ended.attemptId] : []), ...otherIds)
      events.push(...eventsOf(conclusion, ended))
    }
    const named = conclusions
      .filter(({ surveyed }) => surveyed.isNamed)
      .map(({ surveyed }) => surveyed.target.container)
    const removed = await markGone(client, named, now)
    const { isOtherHealer, announcedStorm } = await storeHealer(client, fleet, facts)
    if (announcedStorm) events.push(stormEventOf(counting, fleet, announcedStorm))
    // Containers must be healed even if the schema of an event type refuses an event.
    await publishIfValid(core, publish, events)
    const isVisible = isOtherHealer || removed > 0 || counting.some(isOtherState)
    return { conclusions: counting, endedIds, isVisible }
  })
}

/** Whether the target is new, or the page shows another state of it now. */
const isOtherState = ({ surveyed: { stored }, decision: { state } }: Conclusion): boolean =>
  stored.version === 0 || stored.memory.state.state !== state.state || stored.memory.state.reason !== state.reason

async function lockRequests(client: PoolClient, conclusions: readonly Conclusion[]): Promise<Set<string>> {
  const ids = conclusions.flatMap(({ surveyed: { request } }) => request?.id ?? [])
  if (ids.length === 0) return new Set()
  const { rows } = await client.query<{ id: string }>(
    'SELECT id FROM heal_attempts WHERE id = ANY ($1::uuid[]) AND outcome IS NULL FOR UPDATE',
    [ids],
  )
  return new Set(rows.map(({ id }) => id))
}

/** Stores the new state of a target. False if the target was changed meanwhile, so that the conclusion is void. */
async function storeTarget(client: PoolClient, { surveyed, decision, run }: Conclusion): Promise<boolean> {
  const { target, stored } = surveyed
  const memory: Memory = { state: decision.state, run }
  if (stored.version > 0 && isSame(target, memory, surveyed)) return true
  return saveTarget(client, stored, target, memory)
}

function isSame(target: Target, memory: Memory, { stored }: Conclusion['surveyed']): boolean {
  const { origin, services, healthUrl, dependsOn } = target
  return (
    isDeepStrictEqual(stored.memory, memory) &&
    isDeepStrictEqual(stored.about, { origin, services, healthUrl, dependsOn })
  )
}

/**
 * Stores new and ended attempts. `ended` is the restart that ended; `otherIds` are the attempts that ended without one,
 * because they were held back or refused.
 */
async function storeAttempts(
  client: PoolClient,
  conclusion: Conclusion,
  lease: Lease,
  now: Date,
): Promise<{ ended: EndedAttempt | null; otherIds: string[] }> {
  const { surveyed, advanced, decision, refusal } = conclusion
  const { target, stored, container, request } = surveyed
  const about = { targetId: stored.id, container: target.container, containerId: container?.id ?? null }
  const otherIds: string[] = []
  const ended = advanced.ended && (await endAttempt(client, advanced.ended, now))
  if (advanced.followUp) await noteFollowUp(client, advanced.followUp)
  if (decision.restart) {
    const { attemptId, trigger, reason, attempt } = decision.restart
    const isRunning = container?.state.status === 'running' || container?.state.status === 'paused'
    const begun = { id: attemptId, ...about, trigger, reason, number: attempt, outcome: null, message: '' }
    await insertAttempt(client, { ...begun, action: isRunning ? 'restart' : 'start' }, lease, now)
  }
  if (decision.suppressed) {
    const { trigger, message } = decision.suppressed
    const held = {
      id: newId(),
      ...about,
      action: 'none' as const,
      trigger,
      reason: decision.state.reason ?? '',
      number: 1,
    }
    await insertAttempt(client, { ...held, outcome: 'SUPPRESSED', message }, lease, now)
    otherIds.push(held.id)
  }
  if (refusal !== null && request) {
    await endAttempt(client, { attemptId: request.id, outcome: 'SUPPRESSED', message: refusal }, now)
    otherIds.push(request.id)
  }
  return { ended, otherIds }
}

/**
 * A storm is announced again after this time while it lasts. The window of the default alert rule is three times as
 * long, so that its alert stays open.
 */
const STORM_REPEAT_SECONDS = 300

interface HealerChange {
  stormSince: Date | null
  stormBefore: Date | null
  dockerBefore: string
  isStormAnnounced: boolean
}

/**
 * Stores the state of the healer. `announcedStorm` is the beginning of the storm if an event of the storm is due, else
 * null.
 */
async function storeHealer(client: PoolClient, { isStorm }: FleetView, facts: CheckFacts) {
  const { rows } = await client.query<HealerChange>(
    `UPDATE healer h SET docker_status = 'OK', docker_message = NULL, docker_latency_ms = $1, mode = $2, interval_seconds = $3,
       storm_since = CASE WHEN $4 THEN coalesce(h.storm_since, $5) END,
       storm_announced_at = CASE WHEN old.due THEN $5 WHEN $4 THEN h.storm_announced_at END
     FROM (SELECT storm_since, docker_status, $4 AND (storm_since IS NULL OR storm_announced_at IS NULL
         OR storm_announced_at <= $5::timestamptz - interval '${STORM_REPEAT_SECONDS} seconds') AS due FROM healer WHERE id = 1) AS old
     WHERE h.id = 1
     RETURNING h.storm_since AS "stormSince", old.storm_since AS "stormBefore", old.docker_status AS "dockerBefore",
       old.due AS "isStormAnnounced"`,
    [facts.dockerLatencyMs, facts.mode, facts.intervalSeconds, isStorm, facts.now.toISOString()],
  )
  const { stormSince = null, stormBefore = null, dockerBefore, isStormAnnounced } = rows[0] ?? {}
  const isOtherHealer = (stormSince === null) !== (stormBefore === null) || dockerBefore !== 'OK'
  return { isOtherHealer, announcedStorm: isStormAnnounced ? stormSince : null }
}

/**
 * Records that Docker cannot be reached. Targets keep their state, because nothing is known about them. Returns whether
 * Docker was reachable before.
 */
export async function noteEngineDown(
  core: Pick<AppContext, 'db'>,
  facts: Omit<CheckFacts, 'dockerLatencyMs' | 'now'>,
  message: string,
): Promise<boolean> {
  const rows = await core.db.query<{ before: string }>(
    `UPDATE healer h SET docker_status = 'DOWN', docker_message = $1, docker_latency_ms = NULL, mode = $2, interval_seconds = $3
     FROM (SELECT docker_status FROM healer WHERE id = 1) AS old WHERE h.id = 1 RETURNING old.docker_status AS before`,
    [message, facts.mode, facts.intervalSeconds],
  )
  return rows[0]?.before !== 'DOWN'
}
