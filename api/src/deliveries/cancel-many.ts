import type { AppContext } from '../app-context.ts'
import type { Caller } from '../audit/entry.ts'
import { auditedSql } from '../audit/record.ts'
import { badInputs, type InputIssue, notFound } from '../kit/errors.ts'
import { publicId } from '../kit/ids.ts'
import { frozenQuery, readSelection, storedFilter, tenantOf } from './bulk-replay/input.ts'
import { selectIds, selectPage } from './bulk-replay/select.ts'
import { deliveriesChanged } from './live/changes.ts'
import type { DeliveryFilter } from './read/delivery-filter.ts'

/** Maximum number of deliveries per call, because one transaction cancels all of them. */
export const MAX_CANCELLED = 10_000
const MAX_REASON = 500

export interface CancelDeliveriesInput {
  deliveryIds?: readonly string[] | null
  filter?: DeliveryFilter | null
  reason: string
}

/** The result of a call. Every examined delivery is counted in exactly one of the numbers. */
export interface CancelledDeliveries {
  cancelled: number
  alreadyFinal: number
  beingSent: number
  notFound: number
  /** Whether more deliveries match the filter. */
  hasMore: boolean
}

/**
 * Cancels the open deliveries of a selection in the order of their last change, at most MAX_CANCELLED per call. A
 * filter without statuses selects open deliveries. Final deliveries and those that are being sent do not change. Throws
 * BAD_USER_INPUT for an invalid input, and NOT_FOUND if the caller can see none of the ids.
 */
export async function cancelDeliveries(
  core: AppContext,
  caller: Caller,
  input: CancelDeliveriesInput,
): Promise<CancelledDeliveries> {
  const { identity } = caller
  const issues: InputIssue[] = []
  const selection = readSelection(input, issues)
  const reason = input.reason.trim()
  if (reason === '' || reason.length > MAX_REASON || reason.includes('\u0000'))
    issues.push({ path: ['input', 'reason'], message: `expected a reason of 1 to ${MAX_REASON} characters` })
  if (issues.length > 0 || !selection) throw badInputs(issues)

  const { ids, missing, hasMore } = await select(core, caller, selection)
  let changed: string[] = []
  const result = await auditedSql(core, caller, 'delivery.cancelMany', async (client) => {
    const { rows } = await client.query<{ id: string; outcome: 'CANCELLED' | 'FINAL' | 'BEING_SENT' }>(CANCEL, [
      ids,
      identity.tenantId,
      `cancelled by ${identity.name ?? identity.id}: ${reason}`,
    ])
    const count = (outcome: string) => rows.filter((row) => row.outcome === outcome).length
    changed = rows.flatMap(({ id, outcome }) => (outcome === 'CANCELLED' ? [id] : []))
    const counts = {
      cancelled: changed.length,
      alreadyFinal: count('FINAL'),
      beingSent: count('BEING_SENT'),
      notFound: missing + ids.length - rows.length,
      hasMore,
    }
    return {
      result: counts,
      target: { type: 'deliveries', id: selection.filter ? 'filter' : 'ids' },
      tenantId: tenantOf(identity, selection),
      after: { ...counts, reason, filter: selection.filter && storedFilter(selection.filter) },
    }
  })
  deliveriesChanged(core.pubsub, changed)
  return result
}

async function select(
  core: AppContext,
  { identity }: Caller,
  selection: { ids: readonly string[] | null; filter: DeliveryFilter | null },
): Promise<{ ids: string[]; missing: number; hasMore: boolean }> {
  if (selection.ids) {
    const rows = await selectIds(core, identity.tenantId, selection.ids)
    const [first] = selection.ids
    if (rows.length === 0 && first) throw notFound('delivery', publicId('dlv', first))
    return { ids: rows.map(({ id }) => id), missing: selection.ids.length - rows.length, hasMore: false }
  }
  // Excludes deliveries that change within the current millisecond; the next call can cancel them.
  const query = frozenQuery(identity, openOnly(selection.filter ?? {}), core.clock())
  if (!query) return { ids: [], missing: 0, hasMore: false }
  const page = await selectPage(core, query, null, MAX_CANCELLED)
  return { ids: page.rows.map(({ id }) => id), missing: 0, hasMore: page.key !== null }
}

const openOnly = (filter: DeliveryFilter): DeliveryFilter =>
  filter.statuses && filter.statuses.length > 0 ? filter : { ...filter, statuses: ['PENDING', 'FAILED'] }

/** Rows are locked in the order of their ids, which prevents deadlocks between concurrent calls. */
const CANCEL = `WITH locked AS (
    SELECT d.id, CASE WHEN d.completed_at IS NOT NULL THEN 'FINAL' WHEN d.lease_until > db_now() THEN 'BEING_SENT' ELSE 'CANCELLED' END AS outcome
    FROM deliveries d WHERE d.id = ANY($1::uuid[]) AND ($2::text IS NULL OR d.tenant_id = $2) ORDER BY d.id FOR UPDATE
  ), cancelled AS (
    UPDATE deliveries d SET status = 'CANCELLED', completed_at = db_now(), next_attempt_at = NULL, wake_at = NULL, hold_reason = NULL,
      last_error = $3
    FROM locked l WHERE d.id = l.id AND l.outcome = 'CANCELLED'
  )
  SELECT id, outcome FROM locked`
