import type { DeliveryFilter, ErrorKind } from '@/lib/graphql.ts'
import { type ListParams, timeFilter } from '@/lib/lists/list-params.ts'
import type { State } from '@/ui/values/StatusBadge.tsx'
import { ERROR_KINDS, FILTER_OF_STATE } from './state.ts'

/** The filters of the deliveries page, with their names in the URL. */
export const DELIVERY_KEYS = ['status', 'webhook', 'error', 'type', 'code'] as const

export type DeliveryParams = ListParams & Record<(typeof DELIVERY_KEYS)[number], readonly string[]>

/** The status filter also offers this value: deliveries whose next attempt is their last one. */
export const LAST_ATTEMPT = 'last-attempt'

const isState = (value: string | undefined): value is State =>
  value !== undefined && Object.hasOwn(FILTER_OF_STATE, value)

/** The status filter of the page; null for all statuses. */
export const stateIn = ({ status }: Pick<DeliveryParams, 'status'>): State | null =>
  isState(status[0]) ? status[0] : null

const isErrorKind = (value: string): value is ErrorKind => Object.hasOwn(ERROR_KINDS, value)

/** Parses an error kind from a URL, where it is in lower case. */
export const errorKindOf = (value: string): ErrorKind | null => {
  const kind = value.toUpperCase()
  return isErrorKind(kind) ? kind : null
}

const orNull = <T>(values: readonly T[]): T[] | null => (values.length > 0 ? [...values] : null)

/** The API filter of the page's URL. Invalid values are ignored. */
export function deliveryFilter(params: DeliveryParams, tenantId: string | null): DeliveryFilter {
  const { webhook, error, type, code, q } = params
  const state = stateIn(params)
  return {
    ...timeFilter(params),
    tenantId,
    ...(state && FILTER_OF_STATE[state]),
    ...(params.status[0] === LAST_ATTEMPT && { lastAttemptNext: true }),
    webhookIds: orNull(webhook.filter((id) => id.startsWith('whk_'))),
    errorKinds: orNull(error.map(errorKindOf).filter((kind) => kind !== null)),
    eventTypes: orNull(type),
    statusCodes: orNull(code.map(Number).filter((one) => one >= 100 && one <= 599)),
    search: q || null,
  }
}
