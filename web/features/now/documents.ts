import { graphql } from '@/lib/graphql.ts'

/** Statistics of the time window. */
export const NowOverview = graphql(`
  query NowOverview($filter: DeliveryFilter) {
    deliveryStats(filter: $filter) {
      delivered
      deadLetter
      successRate
      deliveredPerSecond
      latencyP95Ms
      timeline(buckets: 60) {
        start
        delivered
        failed
        deadLetter
      }
    }
  }
`)

/** The newest alerts that were open at some time within the window. */
export const NowAlerts = graphql(`
  query NowAlerts($tenantId: String, $window: TimeWindow!) {
    alerts(filter: { tenantId: $tenantId, window: $window }, first: 100) {
      nodes {
        id
        startedAt
      }
    }
  }
`)

export const NowWebhooks = graphql(`
  query NowWebhooks($tenantId: String, $window: TimeWindow!) {
    webhooks(first: 100, filter: { tenantId: $tenantId }) {
      nodes {
        ...WebhookRow
      }
    }
  }
`)

export const NowCauses = graphql(`
  query NowCauses($tenantId: String) {
    failureCauses(tenantId: $tenantId, first: 12) {
      ...FailureCause
    }
  }
`)

export const ReplaySuggestionFields = graphql(`
  fragment ReplaySuggestion on ReplaySuggestion {
    id
    webhook {
      id
      name
    }
    errorKind
    count
    likely
    likelihood
    recommended
    healthySince
    oldestAt
    reason
    filter
    sample {
      id
      lastStatusCode
    }
  }
`)

/** All unrecovered dead letters, however old: a current state has no time window. */
export const NowSuggestions = graphql(`
  query NowSuggestions($tenantId: String) {
    replaySuggestions(tenantId: $tenantId, window: ALL) {
      ...ReplaySuggestion
    }
  }
`)

export const NowEvents = graphql(`
  query NowEvents($filter: EventFilter) {
    eventStats(filter: $filter) {
      total
      last24h
      bySeverity {
        severity
        count
      }
    }
  }
`)

/** Statistics since a time. */
export const SinceLook = graphql(`
  query SinceLook($deliveries: DeliveryFilter, $events: EventFilter) {
    deliveryStats(filter: $deliveries) {
      delivered
      deadLetter
    }
    eventStats(filter: $events) {
      total
      bySeverity {
        severity
        count
      }
    }
  }
`)
