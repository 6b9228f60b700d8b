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

export const FiringPage = graphql(`
  fragment FiringPage on AlertConnection {
    totalCount
    nodes {
      id
      ...AlertRow
    }
  }
`)

/** The number of firing alerts of each severity, and the newest of each. The API sorts alerts by age only. */
export const FiringAlerts = graphql(`
  query FiringAlerts($tenantId: String) {
    critical: alerts(filter: { tenantId: $tenantId, statuses: [FIRING], severities: [CRITICAL] }, first: 5) {
      ...FiringPage
    }
    error: alerts(filter: { tenantId: $tenantId, statuses: [FIRING], severities: [ERROR] }, first: 5) {
      ...FiringPage
    }
    warning: alerts(filter: { tenantId: $tenantId, statuses: [FIRING], severities: [WARNING] }, first: 5) {
      ...FiringPage
    }
    info: alerts(filter: { tenantId: $tenantId, statuses: [FIRING], severities: [INFO] }, first: 5) {
      ...FiringPage
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
