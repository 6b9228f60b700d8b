import type { PoolClient } from 'pg'
import type { AppContext } from '../../app-context.ts'
import type { Caller } from '../../audit/entry.ts'
import { auditedAct, auditedSql } from '../../audit/record.ts'
import { conflict, notFound } from '../../kit/errors.ts'
import { newId, publicId } from '../../kit/ids.ts'
import { CHANNELS } from '../../kit/pubsub.ts'
import { bulkReplaySnapshot } from './audit-snapshot.ts'
import { type BulkReplayOptions, frozenQuery, storedFilter, tenantOf } from './input.ts'
import { BULK_REPLAY_COLUMNS, type BulkReplayRow, saveBulkReplay } from './rows.ts'
import { BULK_REPLAY_JOB } from './runner.ts'
import { addItems, estimateTotal, type SelectedPage, selectIds, selectPage } from './select.ts'

/** Maximum number of deliveries that the mutation selects before it returns. The job selects the rest. */
const FIRST_PAGE = 10_001

/** A bulk replay that is not stored yet, and its first page of deliveries. */
export interface Plan {
  row: BulkReplayRow
  page: SelectedPage
}

/**
 * Selects the deliveries: all of them, or the first FIRST_PAGE deliveries with an estimate of the total. The set is
 * fixed at this moment: later pages contain only deliveries that match now and have not changed by then. Throws
 * NOT_FOUND if the caller can see none of the ids.
 */
export async function planBulkReplay(core: AppContext, caller: Caller, options: BulkReplayOptions): Promise<Plan> {
  const { identity } = caller
  const selectedAt = await databaseNow(core)
  const { selection } = options
  const tenantId = tenantOf(identity, selection)
  const row = draft(caller, options, selectedAt, tenantId)
  if (selection.ids) {
    const rows = await selectIds(core, identity.tenantId, selection.ids)
    const [first] = selection.ids
    if (rows.length === 0 && first) throw notFound('delivery', publicId('dlv', first))
    const missing = selection.ids.length - rows.length
    const counts = { total: selection.ids.length, skips: missing > 0 ? { NOT_FOUND: missing } : {} }
    return { row: { ...row, ...counts, tenantId: onlyTenant(rows) }, page: { rows, key: null } }
  }
  const query = frozenQuery(identity, selection.filter, selectedAt.getTime())
  if (!query) return { row, page: { rows: [], key: null } }
  const page = await selectPage(core, query, null, FIRST_PAGE)
  const count = page.rows.length
  const total = page.key === null ? count : await estimateTotal(core, query, count)
  return { row: { ...row, total, filter: storedFilter(selection.filter) }, page }
}

/**
 * Stores a bulk replay with its audit entry and hands it to the workers. If the caller has used the idempotency key
 * before, returns the bulk replay of the first call. Throws CONFLICT if that call had a different selection or
 * different options.
 */
export async function startBulkReplay(
  core: AppContext,
  caller: Caller,
  options: BulkReplayOptions,
): Promise<BulkReplayRow> {
  const plan = await planBulkReplay(core, caller, options)
  const row = await auditedSql(core, caller, 'bulkReplay.start', async (client) => {
    const isNew = await insert(client, plan.row, options.idempotencyKey)
    const stored = isNew ? await fill(client, plan) : await readRepeated(client, caller, options)
    return {
      result: stored,
      target: { type: 'bulkReplay', id: publicId('blk', stored.id) },
      tenantId: stored.tenantId,
      after: { ...bulkReplaySnapshot(stored), ...(!isNew && { repeated: true }) },
    }
  })
  void core.jobs.add(BULK_REPLAY_JOB, [{ id: row.id }], { idOf: ({ id }) => id })
  void core.pubsub.publish(CHANNELS.bulkReplays, row.id)
  return row
}

/** Returns a bulk replay that is not stored, with its selection. Adds an audit entry. */
export async function dryRunBulkReplay(
  core: AppContext,
  caller: Caller,
  options: BulkReplayOptions,
): Promise<BulkReplayRow> {
  const { row } = await planBulkReplay(core, caller, options)
  const dryRun: BulkReplayRow = { ...row, status: 'DRY_RUN', isSelected: true, finishedAt: row.createdAt }
  return auditedAct(core, caller, 'bulkReplay.start', {
    result: dryRun,
    target: { type: 'bulkReplay', id: publicId('blk', row.id) },
    tenantId: row.tenantId,
    after: bulkReplaySnapshot(dryRun),
  })
}

/** The tenant of all rows. Null if the rows belong to several tenants or to none. */
function onlyTenant(rows: readonly { tenantId: string | null }[]): string | null {
  const tenants = new Set(rows.map(({ tenantId }) => tenantId))
  const [tenant] = tenants
  return tenants.size === 1 ? (tenant ?? null) : null
}

async function databaseNow(core: AppContext): Promise<Date> {
  const [row] = await core.db.query<{ now: Date }>('SELECT db_now() AS now')
  if (!row) throw new Error('the database did not return its time')
  return row.now
}

const draft = (
  { identity }: Caller,
  options: BulkReplayOptions,
  selectedAt: Date,
  tenantId: string | null,
): BulkReplayRow => ({
  id: newId(),
  tenantId,
  status: 'RUNNING',
  paused: false,
  startedByKind: identity.kind,
  startedById: identity.id,
  startedByName: identity.name,
  startedByRoles: [...identity.roles],
  reachTenantId: identity.tenantId,
  filter: options.selection.filter && storedFilter(options.selection.filter),
  reason: options.reason,
  ratePerSecond: options.ratePerSecond,
  canary: options.canary,
  skipUnhealthy: options.skipUnhealthy,
  force: options.force,
  minLikelihood: options.minLikelihood,
  stopAfterFailures: options.stopAfterFailures,
  inputHash: options.inputHash,
  selectedAt,
  selectionKey: null,
  isSelected: false,
  total: 0,
  selected: 0,
  replayed: 0,
  delivered: 0,
  failed: 0,
  skips: {},
  error: null,
  createdAt: selectedAt,
  finishedAt: null,
})

/** Returns false if the caller has used the idempotency key before. */
async function insert(client: PoolClient, row: BulkReplayRow, idempotencyKey: string | null): Promise<boolean> {
  const { rowCount } = await client.query(
    `INSERT INTO bulk_replays (id, tenant_id, started_by_kind, started_by_id, started_by_name, started_by_roles, reach_tenant_id, filter,
       reason, rate_per_second, canary, skip_unhealthy, force, min_likelihood, stop_after_failures, idempotency_key, input_hash,
       selected_at, is_selected, total, skips, created_at)
     VALUES ($1, $2, $3, $4, $5, $6::text[]::"Role"[], $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, false, $19, $20, $21)
     ON CONFLICT (started_by_kind, started_by_id, idempotency_key) DO NOTHING`,
    [
      row.id,
      row.tenantId,
      row.startedByKind,
      row.startedById,
      row.startedByName,
      row.startedByRoles,
      row.reachTenantId,
      row.filter && JSON.stringify(row.filter),
      row.reason,
      row.ratePerSecond,
      row.canary,
      row.skipUnhealthy,
      row.force,
      row.minLikelihood,
      row.stopAfterFailures,
      idempotencyKey,
      row.inputHash,
      row.selectedAt,
      row.total,
      JSON.stringify(row.skips),
      row.createdAt,
    ],
  )
  return rowCount === 1
}

async function fill(client: PoolClient, { row, page }: Plan): Promise<BulkReplayRow> {
  const filled = await addItems(client, row, page)
  await saveBulkReplay(client, filled)
  return filled
}

async function readRepeated(
  client: PoolClient,
  { identity }: Caller,
  options: BulkReplayOptions,
): Promise<BulkReplayRow> {
  const { rows } = await client.query<BulkReplayRow>(
    `SELECT ${BULK_REPLAY_COLUMNS} FROM bulk_replays b WHERE b.started_by_kind = $1 AND b.started_by_id = $2 AND b.idempotency_key = $3`,
    [identity.kind, identity.id, options.idempotencyKey],
  )
  const first = rows[0]
  if (!first) throw conflict('another bulk replay with this idempotency key is being started; try again')
  if (first.inputHash === options.inputHash) return first
  const bulkReplayId = publicId('blk', first.id)
  throw conflict(
    `input.idempotencyKey: it was used for ${bulkReplayId}, which has another selection or other options; use another key`,
    { bulkReplayId },
  )
}
