import type { PoolClient } from 'pg'
import type { AppContext } from '../../app-context.ts'
import type { Bell } from '../engine/bell.ts'
import { deliveriesChanged } from '../live/changes.ts'
import { collect, counted, type ItemChange, progressed } from './collect.ts'
import type { Likelihoods } from './likelihood.ts'
import type { ReplayPace } from './pace.ts'
import {
  type BulkReplayRow,
  bulkReplaysById,
  isFinished,
  lockBulkReplay,
  planByKeys,
  readProgress,
  saveBulkReplay,
  saveProgress,
  withSkips,
} from './rows.ts'
import { refusalOf, skipRest, stopped, takeable, taken, type WebhookCondition, type WebhookProgress } from './rules.ts'
import { addItems, type SelectedPage, selectNext } from './select.ts'
import { type Share, type Taken, takeNext } from './take.ts'

/** Maximum number of deliveries that one step replays. Kept small because the step holds locks until it ends. */
const TAKE_CHUNK = 500
/** Maximum number of replays without an attempt per bulk replay, over all its webhooks. */
const MAX_OUTSTANDING = 4_000

export interface StepParts {
  core: AppContext
  bell: Bell
  pace: ReplayPace
  likelihoods: Likelihoods
  /** True when all deliveries of the bulk replay have been selected. */
  isSelected: boolean
}

/** The fields of a webhook that decide how many replays it gets. */
interface ReplayWebhook extends WebhookCondition {
  id: string
  ratePerSecond: number | null
}

/**
 * REPLAYED: deliveries were replayed or selected, and more may be possible at once. COLLECTED: only outcomes were
 * collected. IDLE: nothing could be done. DONE: the bulk replay is finished or deleted.
 */
export type StepResult = 'REPLAYED' | 'COLLECTED' | 'IDLE' | 'DONE'

export interface StepOutcome {
  result: StepResult
  /** Number of deliveries that were replayed. */
  replayed: number
}

/**
 * Runs one step of a bulk replay. A first transaction selects the next deliveries and collects outcomes. A second one
 * replays as many deliveries as the rate, the windows and the canaries allow. Both hold the lock of the bulk replay. So
 * a crash loses only one transaction, and two workers with the same job take turns. There are two because the first
 * locks deliveries and the second events, and events must be locked before deliveries (replay_deliveries()).
 */
export async function runStep(parts: StepParts, id: string, withRetries: boolean): Promise<StepOutcome> {
  const { core } = parts
  const selection = await nextPage(parts, id)
  const collected = await withLock(core, id, (client, row) => collectNext(parts, client, row, selection, withRetries))
  if (!collected) return { result: 'DONE', replayed: 0 }
  deliveriesChanged(core.pubsub, collected.recoveredIds)
  const batch = collected.canTake ? await withLock(core, id, (client, row) => take(parts, client, row)) : null
  if (!batch) return { result: collected.result, replayed: 0 }
  deliveriesChanged(core.pubsub, batch.changedIds)
  void parts.bell.ring(batch.rung)
  return { result: 'REPLAYED', replayed: batch.rung.length }
}

/** Runs a transaction with the lock of a bulk replay. Null if the bulk replay is finished or deleted. */
const withLock = <Result>(
  core: AppContext,
  id: string,
  work: (client: PoolClient, row: BulkReplayRow) => Promise<Result>,
): Promise<Result | null> =>
  core.db.transaction(async (client) => {
    await planByKeys(client)
    const row = await lockBulkReplay(client, id)
    return row && !isFinished(row) ? work(client, row) : null
  })

/** Runs before the transaction, because the read may take longer than the lock should be held. */
async function nextPage(parts: StepParts, id: string): Promise<{ after: string | null; page: SelectedPage } | null> {
  if (parts.isSelected) return null
  const [row] = await bulkReplaysById(parts.core.db.query, null, [id])
  parts.isSelected = row?.isSelected ?? true
  if (!row || parts.isSelected || isFinished(row)) return null
  return { after: row.selectionKey, page: await selectNext(parts.core, row) }
}

async function collectNext(
  parts: StepParts,
  client: PoolClient,
  before: BulkReplayRow,
  selection: Awaited<ReturnType<typeof nextPage>>,
  withRetries: boolean,
): Promise<{ result: StepResult; canTake: boolean; recoveredIds: string[] }> {
  let row = before
  // If another worker has selected this page in the meantime, it is ignored.
  if (selection && !row.isSelected && selection.after === row.selectionKey)
    row = await addItems(client, row, selection.page)

  const stored = await storedProgress(client, row.id)
  const { changes, recoveredIds } = await collect(client, row, withRetries ? ['SENT', 'RETRYING'] : ['SENT'])
  row = counted(row, changes)
  let progress = progressed(stored, changes, row)
  notePace(parts.pace, stored, progress, changes)

  let canTake = false
  if (!row.paused) {
    const webhooks = await readWebhooks(client, progress)
    progress = refuse(progress, webhooks, row)
    canTake = sharesOf(parts.pace, progress, webhooks).length > 0
  }
  for (const webhook of progress.values()) {
    const rest = skipRest(webhook)
    if (rest.skipped === 0 || !webhook.stopReason) continue
    row = { ...row, skips: withSkips(row.skips, webhook.stopReason, rest.skipped) }
    progress.set(webhook.webhookId, rest.progress)
  }
  const isDone = row.isSelected && [...progress.values()].every((w) => w.waiting === 0 && w.outstanding === 0)
  if (isDone) row = { ...row, status: 'COMPLETED' }
  await save(client, before, row, stored, progress)
  if (isDone) return { result: 'DONE', canTake: false, recoveredIds }
  if (selection !== null) return { result: 'REPLAYED', canTake, recoveredIds }
  return { result: changes.length > 0 ? 'COLLECTED' : 'IDLE', canTake, recoveredIds }
}

/** Null if nothing can be replayed now. */
async function take(parts: StepParts, client: PoolClient, before: BulkReplayRow): Promise<Taken | null> {
  if (before.paused) return null
  const stored = await storedProgress(client, before.id)
  const shares = sharesOf(parts.pace, stored, await readWebhooks(client, stored))
  if (shares.length === 0) return null
  const batch = await takeNext(parts, client, before, shares)
  parts.pace.spent(batch.rung.length)
  let row = { ...before, replayed: before.replayed + batch.rung.length }
  for (const [reason, count] of batch.reasons) row = { ...row, skips: withSkips(row.skips, reason, count) }
  await save(client, before, row, stored, afterTaking(stored, batch))
  return batch
}

type Progress = ReadonlyMap<string, WebhookProgress>

const storedProgress = async (client: PoolClient, id: string): Promise<Progress> =>
  new Map((await readProgress(client, id)).map((progress) => [progress.webhookId, progress]))

/** Stores what has changed. */
async function save(
  client: PoolClient,
  before: BulkReplayRow,
  row: BulkReplayRow,
  stored: Progress,
  progress: Progress,
): Promise<void> {
  const changed = [...progress.values()].filter((webhook) => webhook !== stored.get(webhook.webhookId))
  await saveProgress(client, row.id, changed)
  if (row !== before || changed.length > 0) await saveBulkReplay(client, row)
}

function notePace(pace: ReplayPace, stored: Progress, progress: Progress, changes: readonly ItemChange[]): void {
  const now = performance.now()
  const failed = new Map<string, number>()
  for (const { webhookId, was, kind } of changes)
    if (was === 'SENT' && kind !== null) failed.set(webhookId, (failed.get(webhookId) ?? 0) + 1)
  for (const { webhookId, outstanding } of stored.values()) {
    if (outstanding === 0) continue
    const still = progress.get(webhookId)?.outstanding ?? 0
    pace.progressed(webhookId, { before: outstanding, still, failed: failed.get(webhookId) ?? 0 }, now)
  }
}

async function readWebhooks(client: PoolClient, progress: Progress): Promise<Map<string, ReplayWebhook>> {
  const ids = [...progress.values()].filter(({ waiting }) => waiting > 0).map(({ webhookId }) => webhookId)
  if (ids.length === 0) return new Map()
  const { rows } = await client.query<ReplayWebhook>({
    name: 'bulk_replay_webhooks',
    text: `SELECT id, state, circuit, consecutive_failures AS "consecutiveFailures", deleted_at AS "deletedAt", rate_per_second AS "ratePerSecond"
     FROM webhooks WHERE id = ANY($1::uuid[])`,
    values: [ids],
  })
  return new Map(rows.map((webhook) => [webhook.id, webhook]))
}

/** Stops the webhooks whose current state prevents replays. */
function refuse(
  progress: Progress,
  webhooks: ReadonlyMap<string, ReplayWebhook>,
  { skipUnhealthy }: BulkReplayRow,
): Map<string, WebhookProgress> {
  const next = new Map(progress)
  for (const webhook of progress.values()) {
    if (webhook.waiting === 0) continue
    const reason = refusalOf(webhooks.get(webhook.webhookId), skipUnhealthy)
    if (reason) next.set(webhook.webhookId, stopped(webhook, reason))
  }
  return next
}

/**
 * How many deliveries to replay per webhook. Webhooks with the fewest outstanding replays come first. A held webhook
 * gets only one outstanding replay: it can serve as the probe of an open circuit, and the deliveries that were not
 * replayed can still be cancelled.
 */
function sharesOf(pace: ReplayPace, progress: Progress, webhooks: ReadonlyMap<string, ReplayWebhook>): Share[] {
  const all = [...progress.values()]
  const outstanding = all.reduce((sum, webhook) => sum + webhook.outstanding, 0)
  let left = Math.min(TAKE_CHUNK, MAX_OUTSTANDING - outstanding, pace.budget(performance.now()))
  const shares: Share[] = []
  for (const webhook of all.sort((a, b) => a.outstanding - b.outstanding)) {
    if (left <= 0) break
    const condition = webhooks.get(webhook.webhookId)
    if (!condition) continue
    const window = isHeld(condition) ? 1 : pace.window(webhook.webhookId, condition.ratePerSecond)
    const count = Math.min(left, takeable(webhook, window))
    if (count === 0) continue
    shares.push({ webhookId: webhook.webhookId, count })
    left -= count
  }
  return shares
}

const isHeld = ({ state, circuit }: ReplayWebhook) => state !== 'ENABLED' || circuit !== 'CLOSED'

function afterTaking(progress: Progress, batch: Taken): Map<string, WebhookProgress> {
  const next = new Map(progress)
  for (const webhookId of new Set([...batch.replayed.keys(), ...batch.skipped.keys()])) {
    const webhook = next.get(webhookId)
    if (webhook)
      next.set(webhookId, taken(webhook, batch.replayed.get(webhookId) ?? 0, batch.skipped.get(webhookId) ?? 0))
  }
  return next
}
