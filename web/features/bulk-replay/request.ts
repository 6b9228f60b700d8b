import type { DeliveryFilter } from '@/lib/graphql.ts'
import { createStore } from '@/lib/store.ts'

/** Deliveries selected by their ids, or all deliveries that match a filter. */
export type ReplaySelection = { deliveryIds: readonly string[] } | { filter: DeliveryFilter }

export interface PlanRequest {
  selection: ReplaySelection
  onStarted?: () => void
}

/** The selection whose plan dialog is open; null if none is open. */
export const planRequest = createStore<PlanRequest | null>(null)

/** The id of the bulk replay whose progress is shown on every page; null if none is shown. */
export const followedReplay = createStore<string | null>(null)

/** Opens the plan of a bulk replay. Nothing is replayed until the user starts the plan. */
export const planBulkReplay = (request: PlanRequest): void => planRequest.set(request)

/** Converts a filter in the API's JSON to an input of the API. */
export const filterOfJson = (filter: unknown): DeliveryFilter =>
  typeof filter === 'object' && filter !== null ? { ...filter } : {}
