import { pruneIndexOf } from '../../events/search/indexer.ts'
import { publicId } from '../../kit/ids.ts'
import { DAY_MS, type Day, dayName, dayOf, firstKeptDay, type Policies, stateOfDay } from '../policies/policy.ts'
import { announceScopes } from './announce.ts'
import { archiveScope } from './archive-scope.ts'
import { deleteDay } from './deletion/delete-day.ts'
import { dropDays, type Span } from './deletion/drop-days.ts'
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
 * Executes a run to its end, or continues a killed one from its result. A failure of one day is recorded in its scopes
 * and does not stop the other days. Rejects when the connection is lost or the process stops; another process then
 * continues the run.
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

/** Plans a run for the current time. It only reads: a dry run is this plan. */
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

/** No policy deletes rows from this day on. */
function firstDayKeptByAll({ events, systemEvents, tenants }: Policies, now: number): Day {
  const shortest = Math.min(events, systemEvents, ...tenants.values())
  return Math.min(dayOf(now), firstKeptDay(now, shortest))
}

/** Days that are dropped together: their common checks scan each later partition once. */
const SPAN_DAYS = 31

/** Archives day by day, and drops consecutive days together. */
async function pruneDays(task: PruneTask, plans: readonly DayPlan[]): Promise<void> {
  let span: DayPlan[] = []
  const dropSpan = async () => {
    if (span.length > 0) await drop(task, span)
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
    else await deleteScopes(task, { ...plan, scopes: archived })
  }
  await dropSpan()
}

/** Drops a span. If that fails, it drops day by day; a day that cannot be dropped is deleted in batches. */
async function drop(task: PruneTask, span: Span): Promise<void> {
  const started = performance.now()
  try {
    if (await dropDays(task, span)) return await noteDuration(task, span, performance.now() - started)
  } catch (error) {
    const scopes = span.flatMap((plan) => plan.scopes)
    return await noteFailure(task, span, scopes, error)
  }
  for (const plan of span) {
    if (span.length > 1) await drop(task, [plan])
    else await deleteScopes(task, plan)
  }
}

/** Divides the duration of a span among its scopes. */
async function noteDuration({ client, run }: PruneTask, span: Span, durationMs: number): Promise<void> {
  const scopes = span.flatMap((plan) => plan.scopes)
  for (const tenantId of new Set(scopes.map((scope) => scope.tenantId))) {
    const days = scopes.filter((scope) => scope.tenantId === tenantId).length
    await addProgress(client, run.id, eventScope(tenantId), { durationMs: (durationMs * days) / scopes.length })
  }
}

async function deleteScopes(task: PruneTask, plan: DayPlan): Promise<void> {
  for (const scope of plan.scopes) {
    try {
      await deleteDay(task, scope.tenantId, plan.day)
    } catch (error) {
      await noteFailure(task, [plan], [scope], error)
    }
  }
}

/**
 * Removes pruned events from the search index. The index is only an optimisation: after an error the next run repeats
 * this.
 */
async function forgetSearched({ core, client, run }: PruneTask): Promise<void> {
  const scopes = await readScopes(client, [run.id])
  const tenants = scopes.filter(({ prunedCount }) => prunedCount > 0).map(({ tenantId }) => tenantId || null)
  await pruneIndexOf(core, tenants).catch((error: unknown) =>
    core.log.warn({ err: error, run: publicId('prn', run.id) }, 'the search index was not pruned'),
  )
}

/** Records in the scopes what was kept and why, so that the run goes on; rejects when the run cannot go on. */
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

/** A part without days. */
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
