import { isDeepStrictEqual } from 'node:util'
import type { PoolClient } from 'pg'
import type { AppContext } from '../../app-context.ts'
import { newId } from '../../kit/ids.ts'
import type { FleetView } from '../decide/fleet.ts'
import type { Memory } from '../targets/memory.ts'
import type { Target } from '../targets/merge.ts'
import { markGone, saveTarget } from '../targets/store.ts'
import { endAttempt, insertAttempt, noteFollowUp } from './attempts.ts'
import type { Conclusion } from './conclude.ts'
import { holdsLease, type Lease } from './lease.ts'

/** The stored results of a check, for the next steps. */
export interface Committed {
  /** The conclusions that were stored. Those that were void are missing. */
  conclusions: Conclusion[]
  fleet: FleetView
  /** Ids of the attempts that ended, including those that were held back or refused. */
  endedIds: string[]
  /** Since when more than half of the targets have been down at once (a storm); null if there is no storm. */
  stormSince: Date | null
  /** Whether the storm began with this check. */
  isNewStorm: boolean
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
 * Stores the results of a check in one transaction, if the check's lease is still the newest. Null if another worker
 * has taken over; then nothing is stored. Attempts are stored before Docker is called, so that none is lost.
 */
export async function commitCheck(
  core: AppContext,
  lease: Lease,
  conclusions: readonly Conclusion[],
  fleet: FleetView,
  facts: CheckFacts,
): Promise<Committed | null> {
  const { now } = facts
  return core.db.transaction(async (client) => {
    if (!(await holdsLease(client, lease))) return null
    const counting: Conclusion[] = []
    const endedIds: string[] = []
    const openRequests = await lockRequests(client, conclusions)
    for (const conclusion of conclusions) {
      const { request } = conclusion.surveyed
      // The user's request was withdrawn meanwhile, so the decision on it is void.
      if (request && !openRequests.has(request.id)) continue
      if (!(await storeTarget(client, conclusion))) continue
      counting.push(conclusion)
      endedIds.push(...(await storeAttempts(client, conclusion, lease, now)))
    }
    const named = conclusions
      .filter(({ surveyed }) => surveyed.isNamed)
      .map(({ surveyed }) => surveyed.target.container)
    const removed = await markGone(client, named, now)
    const { isOtherHealer, ...storm } = await storeHealer(client, fleet, facts)
    const isVisible = isOtherHealer || removed > 0 || counting.some(isOtherState)
    return { conclusions: counting, fleet, endedIds, ...storm, isVisible }
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

/** Stores new and ended attempts. Returns the ids of those that have ended. */
async function storeAttempts(client: PoolClient, conclusion: Conclusion, lease: Lease, now: Date): Promise<string[]> {
  const { surveyed, advanced, decision, refusal } = conclusion
  const { target, stored, container, request } = surveyed
  const about = { targetId: stored.id, container: target.container, containerId: container?.id ?? null }
  const endedIds: string[] = []
  if (advanced.ended) {
    await endAttempt(client, advanced.ended, now)
    endedIds.push(advanced.ended.attemptId)
  }
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
    endedIds.push(held.id)
  }
  if (refusal !== null && request) {
    await endAttempt(client, { attemptId: request.id, outcome: 'SUPPRESSED', message: refusal }, now)
    endedIds.push(request.id)
  }
  return endedIds
}

async function storeHealer(client: PoolClient, { isStorm }: FleetView, facts: CheckFacts) {
  const { rows } = await client.query<{ storm_since: Date | null; before: Date | null; docker_before: string }>(
    `UPDATE healer h SET docker_status = 'OK', docker_message = NULL, docker_latency_ms = $1, mode = $2, interval_seconds = $3,
       storm_since = CASE WHEN $4 THEN coalesce(h.storm_since, $5) END
     FROM (SELECT storm_since, docker_status FROM healer WHERE id = 1) AS old WHERE h.id = 1
     RETURNING h.storm_since, old.storm_since AS before, old.docker_status AS docker_before`,
    [facts.dockerLatencyMs, facts.mode, facts.intervalSeconds, isStorm, facts.now.toISOString()],
  )
  const { storm_since: stormSince = null, before = null, docker_before: docker } = rows[0] ?? {}
  const isOtherHealer = (stormSince === null) !== (before === null) || docker !== 'OK'
  return { stormSince, isNewStorm: stormSince !== null && before === null, isOtherHealer }
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
