import { graphql } from '@/lib/graphql.ts'

export const CurrentCounts = graphql(`
  fragment CurrentCounts on DeliveryStats {
    pending
    nearFailure
    held
    unrecovered
    recovered
    oldestPendingAt
  }
`)

export const CurrentDeliveries = graphql(`
  query CurrentDeliveries($filter: DeliveryFilter) {
    deliveryStats(filter: $filter) {
      ...CurrentCounts
    }
  }
`)

export const CurrentDeliveryUpdates = graphql(`
  subscription CurrentDeliveryUpdates($tenantId: String) {
    deliveryStats(tenantId: $tenantId) {
      ...CurrentCounts
    }
  }
`)

export const WebhookStates = graphql(`
  query WebhookStates($tenantId: String) {
    webhooks(first: 200, filter: { tenantId: $tenantId }) {
      nodes {
        id
        name
        state
        circuit
        failingSince
      }
    }
  }
`)

/** The number of firing alerts, and the newest of them. */
export const FiringAlerts = graphql(`
  query FiringAlerts($tenantId: String) {
    alerts(filter: { tenantId: $tenantId, statuses: [FIRING] }, first: 5) {
      totalCount
      nodes {
        id
        ...AlertRow
      }
    }
  }
`)

/** Registered services that are down. A session bound to a tenant sees none. */
export const ServiceStates = graphql(`
  query ServiceStates {
    services(filter: { statuses: [DOWN] }, first: 100) {
      nodes {
        id
        name
        status
        statusSince
      }
    }
  }
`)
