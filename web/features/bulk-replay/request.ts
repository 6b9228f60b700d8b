import type { DeliveryFilter } from '@/lib/graphql.ts'
import { createStore } from '@/lib/store.ts'

/** Deliveries by their ids, or all that match a filter. */
export type ReplaySelection = { deliveryIds: readonly string[] } | { filter: DeliveryFilter }

export interface PlanRequest {
  selection: ReplaySelection
  onStarted?: () => void
}

/** The selection whose plan is open; null: no plan is open. */
export const planRequest = createStore<PlanRequest | null>(null)

/** The id of the bulk replay whose progress is shown on every page; null: none. */
export const followedReplay = createStore<string | null>(null)

/** Opens the plan of a bulk replay. Nothing is replayed until it is started there. */
export const planBulkReplay = (request: PlanRequest): void => planRequest.set(request)

/** Converts a filter in the API's JSON to an input of the API. */
export const filterOfJson = (filter: unknown): DeliveryFilter =>
  typeof filter === 'object' && filter !== null ? { ...filter } : {}
