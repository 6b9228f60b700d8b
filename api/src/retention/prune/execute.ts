import { pruneIndexOf } from '../../events/search/indexer.ts'
import { publicId } from '../../kit/ids.ts'
import { DAY_MS, type Day, dayName, dayOf, firstKeptDay, type Policies, stateOfDay } from '../policies/policy.ts'
import { announceScopes } from './announce.ts'
import { archiveScope } from './archive-scope.ts'
import { deleteDay } from './deletion/delete-day.ts'
import { dropDays, type Span } from './deletion/drop-days.ts'
import { createPace, type Pace } from './deletion/pace.ts'
import { daysOfPartitions, listPartitions } from './deletion/partitions.ts'
import { pruneAudit } from './deletion/prune-audit.ts'
import { pruneTables } from './deletion/prune-tables.ts'
import { readInventory } from './inventory.ts'
import { readScopes } from './list-runs.ts'
import { openScopes } from './open-scopes.ts'
import { type DayPlan, planDays, type ScopeOfDay } from './plan.ts'
import { addProgress, eventScope, type ScopeKey } from './scope-rows.ts'
import { type PruneTask, readCurrentPolicies, readRestoredDays } from './task.ts'

/**
 * Executes a run to its end. A run that was killed continues from its stored result. If a day fails, the failure is
 * recorded in the scopes of that day, and the other days are still pruned. Rejects if the connection is lost or the
 * process stops; then another process continues the run.
 */
export async function executeRun(task: PruneTask): Promise<void> {
  const { client, run } = task
  const now = run.startedAt.getTime()
  await client.query('SELECT ensure_partitions($1::date, $2::date)', [isoDay(now - DAY_MS), isoDay(now + 8 * DAY_MS)])
  const policies = await readCurrentPolicies(task)
  const plans = await plansOf(task, policies)
  await openScopes(task, policies, plans)
  await pruneDays(task, plans)
  await forgetSearched(task)
  await pruneOther(task, 'ALERTS', () => pruneTables(task, policies))
  await pruneOther(task, 'AUDIT', () => pruneAudit(task, policies))
  await announceScopes(task)
  await client.query('UPDATE prune_runs SET finished_at = $2 WHERE id = $1', [
    run.id,
    new Date(task.core.clock()).toISOString(),
  ])
  task.core.log.info({ run: publicId('prn', run.id) }, 'pruned')
}

const isoDay = (ms: number) => new Date(ms).toISOString().slice(0, 10)

/** Plans a run for the time when it started. This only reads, so dry runs use it too. */
export async function plansOf(task: Pick<PruneTask, 'client' | 'run'>, policies: Policies): Promise<DayPlan[]> {
  const { client, run } = task
  const now = run.startedAt.getTime()
  const before = firstDayKeptByAll(policies, now)
  const contents = await readInventory(client, before)
  const restoredAt = await readRestoredDays(client)
  const stateOf = (tenantId: string | null, day: Day) =>
    stateOfDay(policies, tenantId, day, now, restoredAt(tenantId, day))
  return planDays({ contents, partitions: daysOfPartitions(await listPartitions(client)), before, stateOf })
}

/** The first day from which no policy deletes rows. */
function firstDayKeptByAll({ events, systemEvents, tenants }: Policies, now: number): Day {
  const shortest = Math.min(events, systemEvents, ...tenants.values())
  return Math.min(dayOf(now), firstKeptDay(now, shortest))
}

/** Maximum number of days that are dropped together. The checks for all of them scan each later partition only once. */
const SPAN_DAYS = 31

/** Archives and prunes the planned days. Consecutive days that can be dropped are dropped together. */
async function pruneDays(task: PruneTask, plans: readonly DayPlan[]): Promise<void> {
  const pace = createPace(task.client, task.signal)
  let span: DayPlan[] = []
  const dropSpan = async () => {
    if (span.length > 0) await drop(task, span, pace)
    span = []
  }
  for (const plan of plans) {
    task.signal.throwIfAborted()
    const archived: ScopeOfDay[] = []
    for (const scope of plan.scopes) if (await archiveScope(task, scope.tenantId, plan.day)) archived.push(scope)
    const goesWhole = plan.how === 'drop' && archived.length === plan.scopes.length
    const last = span.at(-1)
    if (last && (!goesWhole || plan.day !== last.day + 1 || span.length === SPAN_DAYS)) await dropSpan()
    if (goesWhole) span.push(plan)
    else await deleteScopes(task, { ...plan, scopes: archived }, pace)
  }
  await dropSpan()
}

/**
 * Drops a span. If that is not possible, drops each of its days separately, and deletes a day that cannot be dropped in
 * batches.
 */
async function drop(task: PruneTask, span: Span, pace: Pace): Promise<void> {
  const started = performance.now()
  try {
    if (await dropDays(task, span)) return await noteDuration(task, span, performance.now() - started)
  } catch (error) {
    const scopes = span.flatMap((plan) => plan.scopes)
    return await noteFailure(task, span, scopes, error)
  }
  for (const plan of span) {
    if (span.length > 1) await drop(task, [plan], pace)
    else await deleteScopes(task, plan, pace)
  }
}

/** Divides the time that a span took among its scopes. */
async function noteDuration({ client, run }: PruneTask, span: Span, durationMs: number): Promise<void> {
  const scopes = span.flatMap((plan) => plan.scopes)
  for (const tenantId of new Set(scopes.map((scope) => scope.tenantId))) {
    const days = scopes.filter((scope) => scope.tenantId === tenantId).length
    await addProgress(client, run.id, eventScope(tenantId), { durationMs: (durationMs * days) / scopes.length })
  }
}

async function deleteScopes(task: PruneTask, plan: DayPlan, pace: Pace): Promise<void> {
  for (const scope of plan.scopes) {
    try {
      await deleteDay(task, scope.tenantId, plan.day, pace)
    } catch (error) {
      await noteFailure(task, [plan], [scope], error)
    }
  }
}

/**
 * Removes pruned events from the search index. The index is only an optimisation, so an error is ignored: the next run
 * removes them.
 */
async function forgetSearched({ core, client, run }: PruneTask): Promise<void> {
  const scopes = await readScopes(client, [run.id])
  const tenants = scopes.filter(({ prunedCount }) => prunedCount > 0).map(({ tenantId }) => tenantId || null)
  await pruneIndexOf(core, tenants).catch((error: unknown) =>
    core.log.warn({ err: error, run: publicId('prn', run.id) }, 'the search index was not pruned'),
  )
}

/**
 * Records for each scope which events were kept and why, so that the run continues. Rejects if the run cannot continue.
 */
async function noteFailure(task: PruneTask, span: Span, scopes: readonly ScopeOfDay[], error: unknown): Promise<void> {
  const days = [...new Set([span[0]!.day, span.at(-1)!.day])].map(dayName).join(' to ')
  const problem = new Error(`events of ${days} were kept: ${messageOf(error)}`, { cause: error })
  for (const tenantId of new Set(scopes.map((scope) => scope.tenantId)))
    await noteError(task, eventScope(tenantId), problem)
}

async function noteError({ client, core, run, signal }: PruneTask, scope: ScopeKey, error: unknown): Promise<void> {
  signal.throwIfAborted()
  core.log.warn(
    { err: error, scope, run: publicId('prn', run.id) },
    'a part of a prune run failed; the next run tries again',
  )
  await addProgress(client, run.id, scope, { error: messageOf(error) })
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** Prunes alerts or the audit trail, which are not pruned day by day. */
async function pruneOther(task: PruneTask, subject: 'ALERTS' | 'AUDIT', work: () => Promise<number>): Promise<void> {
  const scope = { subject, tenantId: '' }
  const started = performance.now()
  try {
    const pruned = await work()
    await addProgress(task.client, task.run.id, scope, { pruned, durationMs: performance.now() - started })
  } catch (error) {
    await noteError(task, scope, error)
  }
}
