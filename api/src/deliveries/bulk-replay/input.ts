import { createHash } from 'node:crypto'
import type { Identity } from '../../identity/identity.ts'
import { badInputs, type InputIssue } from '../../kit/errors.ts'
import { tryUuid } from '../../kit/ids.ts'
import { type DeliveryFilter, type DeliveryQuery, deliveryQuery } from '../read/delivery-filter.ts'

export const MAX_IDS = 10_000
const MAX_REASON = 500
const MAX_KEY = 200
const MAX_RATE = 100_000
const MAX_STOP_AFTER = 1_000_000

/** The input of bulkReplayDeliveries. */
export interface BulkReplayInput {
  deliveryIds?: readonly string[] | null
  filter?: DeliveryFilter | null
  dryRun?: boolean | null
  ratePerSecond?: number | null
  canary?: boolean | null
  skipUnhealthy?: boolean | null
  force?: boolean | null
  minLikelihood?: number | null
  stopAfterFailures?: number | null
  reason?: string | null
  idempotencyKey?: string | null
}

/** The selected deliveries: either ids (UUIDs without duplicates) or a filter. */
export type Selection = { ids: readonly string[]; filter: null } | { ids: null; filter: DeliveryFilter }

/** A validated input. */
export interface BulkReplayOptions {
  selection: Selection
  ratePerSecond: number | null
  canary: boolean
  skipUnhealthy: boolean
  force: boolean
  minLikelihood: number | null
  stopAfterFailures: number
  reason: string | null
  idempotencyKey: string | null
  /** Two inputs with equal selections and options have the same hash. */
  inputHash: string
}

/** Validates an input. Throws BAD_USER_INPUT that lists every problem. */
export function readInput(input: BulkReplayInput): BulkReplayOptions {
  const issues: InputIssue[] = []
  const wrong = (field: string, message: string) => issues.push({ path: ['input', field], message })
  const within = (field: 'ratePerSecond' | 'stopAfterFailures' | 'minLikelihood', least: number, most: number) => {
    const value = input[field]
    if (value != null && !(value >= least && value <= most)) wrong(field, `is ${value}; expected ${least} to ${most}`)
    return value ?? null
  }
  const text = (field: 'reason' | 'idempotencyKey', most: number) => {
    const value = input[field]?.trim()
    if (value && (value.length > most || value.includes('\u0000')))
      wrong(field, `has ${value.length} characters; expected at most ${most}, and no NUL`)
    return value || null
  }
  const selection = readSelection(input, issues)
  const options = {
    ratePerSecond: within('ratePerSecond', 1, MAX_RATE),
    canary: input.canary ?? false,
    skipUnhealthy: input.skipUnhealthy ?? false,
    force: input.force ?? false,
    minLikelihood: within('minLikelihood', 0, 1),
    stopAfterFailures: within('stopAfterFailures', 0, MAX_STOP_AFTER) ?? 20,
    reason: text('reason', MAX_REASON),
  }
  const idempotencyKey = text('idempotencyKey', MAX_KEY)
  if (issues.length > 0 || !selection) throw badInputs(issues)
  const inputHash = createHash('sha256')
    .update(JSON.stringify([selection, options]))
    .digest('base64url')
  return { selection, ...options, idempotencyKey, inputHash }
}

/** Reads the selection, which must be either ids or a filter. Problems are added to `issues`. */
export function readSelection(
  { deliveryIds, filter }: Pick<BulkReplayInput, 'deliveryIds' | 'filter'>,
  issues: InputIssue[],
): Selection | null {
  const wrong = (field: string, message: string) => issues.push({ path: ['input', field], message })
  if (deliveryIds != null && filter != null) {
    wrong('filter', 'expected deliveryIds or filter, not both')
    return null
  }
  if (filter != null) {
    if (isEmpty(filter))
      wrong('filter', 'is empty and would select every delivery; expected at least one criterion besides tenantId')
    return { ids: null, filter }
  }
  if (deliveryIds == null || deliveryIds.length === 0) {
    wrong('deliveryIds', 'is missing; expected deliveryIds or filter')
    return null
  }
  if (deliveryIds.length > MAX_IDS) {
    wrong('deliveryIds', `has ${deliveryIds.length} ids; expected at most ${MAX_IDS}. More are selected with a filter`)
    return null
  }
  const ids = deliveryIds.map((id, i) => {
    const uuid = tryUuid('dlv', id)
    if (!uuid)
      issues.push({
        path: ['input', 'deliveryIds', String(i)],
        message: `${JSON.stringify(id.slice(0, 60))} is not an id of this kind; expected dlv_ and 26 characters`,
      })
    return uuid ?? ''
  })
  return { ids: [...new Set(ids)], filter: null }
}

/** Whether a filter selects all deliveries, or all deliveries of a tenant. */
function isEmpty({ tenantId: _tenant, window, lastAttemptNext, ...criteria }: DeliveryFilter): boolean {
  if (window != null && window !== 'ALL') return false
  if (lastAttemptNext) return false
  return Object.values(criteria).every(
    (value) =>
      value == null ||
      (Array.isArray(value) && value.length === 0) ||
      (typeof value === 'string' && value.trim() === ''),
  )
}

/**
 * The query for the deliveries that match a filter and last changed before `selectedAt`. Null if no delivery can match.
 * Throws BAD_USER_INPUT for an invalid filter.
 */
export function frozenQuery(identity: Identity, filter: DeliveryFilter, selectedAt: number): DeliveryQuery | null {
  const query = deliveryQuery(identity, filter, selectedAt, ['input', 'filter'])
  return query && { ...query, until: Math.min(query.until ?? selectedAt, selectedAt) }
}

/** The tenant of a selection; null if the selection may contain deliveries of several tenants. */
export function tenantOf(identity: Identity, { filter }: Selection): string | null {
  if (identity.tenantId !== null) return identity.tenantId
  return filter?.tenantId ?? null
}

/** Converts a filter to the JSON that is stored. `restoredFilter` converts it back. */
export const storedFilter = (filter: DeliveryFilter): object => JSON.parse(JSON.stringify(filter))

export function restoredFilter(stored: object): DeliveryFilter {
  const filter = stored as Omit<DeliveryFilter, 'since' | 'until'> & { since?: string | null; until?: string | null }
  const instant = (text: string | null | undefined) => (text == null ? null : new Date(text))
  return { ...filter, since: instant(filter.since), until: instant(filter.until) }
}
