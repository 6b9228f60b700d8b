import type { DeliveryStatus, ErrorKind, HoldReason } from '../../../../prisma/generated/client/enums.ts'
import { createFilterReader, type NamePatterns, type TimeSpan } from '../../graphql/filter.ts'
import type { TimeWindow } from '../../graphql/types/enums.ts'
import type { Identity } from '../../identity/identity.ts'
import { readScope, type TenantScope } from '../../identity/tenant-scope.ts'
import { badInputs } from '../../kit/errors.ts'
import { type IdKind, tryUuid } from '../../kit/ids.ts'
import { seesSecretUrls } from '../../webhooks/visible-url.ts'
import { type DeliverySearch, parseSearch } from './delivery-search.ts'

/**
 * The filter of `deliveries` and `deliveryStats`. A field that is null, absent or empty does not restrict the result.
 */
export interface DeliveryFilter {
  statuses?: readonly DeliveryStatus[] | null
  window?: TimeWindow | null
  since?: Date | null
  until?: Date | null
  webhookIds?: readonly string[] | null
  eventTypes?: readonly string[] | null
  errorKinds?: readonly ErrorKind[] | null
  statusCodes?: readonly number[] | null
  ruleId?: string | null
  tenantId?: string | null
  recovered?: boolean | null
  lastAttemptNext?: boolean | null
  holdReasons?: readonly HoldReason[] | null
  search?: string | null
}

/**
 * A validated filter, restricted to the scope of an identity. Public ids are converted to UUIDs. `since` and `until`
 * are compared with the time of a delivery's last change.
 */
export interface DeliveryQuery extends TimeSpan {
  scope: TenantScope
  statuses: readonly DeliveryStatus[] | null
  webhookIds: readonly string[] | null
  eventTypes: NamePatterns | null
  errorKinds: readonly ErrorKind[] | null
  statusCodes: readonly number[] | null
  ruleId: string | null
  recovered: boolean | null
  /** True to select only deliveries with one attempt left. */
  lastAttemptNext: boolean
  holdReasons: readonly HoldReason[] | null
  search: DeliverySearch | null
  /** Whether a text search also covers URLs that are secrets. */
  seesSecretUrls: boolean
  /** The time of the request. */
  now: number
}

/**
 * Validates a filter. Null if no delivery can match, because the filter names another tenant than the identity's.
 * Throws BAD_USER_INPUT that lists all problems. `path` is where the filter is in the operation.
 */
export function deliveryQuery(
  identity: Identity,
  filter: DeliveryFilter | null | undefined,
  now: number,
  path: readonly string[] = ['filter'],
): DeliveryQuery | null {
  const fields = filter ?? {}
  const { issues, wrong, listed, names, search, span } = createFilterReader(path)
  const uuid = (kind: IdKind, id: string, field: readonly string[]) => {
    const converted = tryUuid(kind, id)
    if (!converted)
      wrong(field, `${JSON.stringify(id.slice(0, 60))} is not an id of this kind; expected ${kind}_ and 26 characters`)
    return converted ?? ''
  }

  const query = {
    // A delivery with one attempt left has status FAILED, so the partial index of failures can be used.
    statuses: listed('statuses', fields.statuses) ?? (fields.lastAttemptNext ? ['FAILED' as const] : null),
    ...span(fields, now),
    webhookIds:
      listed('webhookIds', fields.webhookIds)?.map((id, i) => uuid('whk', id, ['webhookIds', String(i)])) ?? null,
    eventTypes: names('eventTypes', fields.eventTypes),
    errorKinds: listed('errorKinds', fields.errorKinds),
    statusCodes: listed('statusCodes', fields.statusCodes),
    ruleId: fields.ruleId == null ? null : uuid('rul', fields.ruleId, ['ruleId']),
    recovered: fields.recovered ?? null,
    lastAttemptNext: fields.lastAttemptNext ?? false,
    holdReasons: listed('holdReasons', fields.holdReasons),
    search: parseSearch(search(fields.search)),
    seesSecretUrls: seesSecretUrls(identity),
    now,
  }
  if (issues.length > 0) throw badInputs(issues)
  const scope = readScope(identity, fields.tenantId, [...path, 'tenantId'].join('.'))
  return scope && { scope, ...query }
}

/** A query for all deliveries of some webhooks, without the scope of an identity. */
export const deliveriesOf = (webhookIds: readonly string[], now: number): DeliveryQuery => ({
  scope: 'all',
  statuses: null,
  since: null,
  until: null,
  webhookIds,
  eventTypes: null,
  errorKinds: null,
  statusCodes: null,
  ruleId: null,
  recovered: null,
  lastAttemptNext: false,
  holdReasons: null,
  search: null,
  seesSecretUrls: true,
  now,
})

/**
 * A query without its time window, for figures about current states. Whether a delivery is open, held or
 * unrecovered does not depend on when it last changed.
 */
export const unwindowed = (query: DeliveryQuery): DeliveryQuery => ({ ...query, since: null, until: null })
