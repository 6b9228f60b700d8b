import type { DeliveryRowFragment, DeliveryStatus, ErrorKind } from '@/lib/graphql.ts'

type Matched = Pick<DeliveryRowFragment, 'status' | 'targetUrl' | 'eventType' | 'lastError' | 'lastErrorKind'>

interface Conditions {
  statuses?: readonly DeliveryStatus[] | null
  errorKinds?: readonly ErrorKind[] | null
  search?: string | null
}

/**
 * Whether a delivery, as it is now, meets those conditions of a filter that it may come to meet, or cease to: what
 * api/src/deliveries/read/delivery-filter.ts says in SQL. The others, its tenant and its age, are the subscription's.
 */
export function matches(row: Matched, { statuses, errorKinds, search }: Conditions): boolean {
  if (statuses?.length && !statuses.includes(row.status)) return false
  if (errorKinds?.length && !(row.lastErrorKind && errorKinds.includes(row.lastErrorKind))) return false
  const needle = search?.toLowerCase()
  return (
    !needle ||
    [row.targetUrl, row.eventType, row.lastError].some((text) => text?.toLowerCase().includes(needle) ?? false)
  )
}
