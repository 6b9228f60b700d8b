import { graphql } from '@/lib/graphql.ts'

export const DeliveryRow = graphql(`
  fragment DeliveryRow on Delivery {
    id
    status
    holdReason
    eventType
    targetUrl
    tenantId
    attemptCount
    maxAttempts
    nextAttemptAt
    createdAt
    changedAt
    lastStatusCode
    lastError
    lastErrorKind
    forecast {
      likelihood
      basis
    }
    recoveredBy {
      id
    }
    replayOf {
      id
    }
    webhook {
      id
      name
    }
  }
`)

export const DeliveryList = graphql(`
  query DeliveryList($filter: DeliveryFilter, $first: Int!, $after: String) {
    deliveries(filter: $filter, first: $first, after: $after) {
      totalCount
      edges {
        cursor
        node {
          id
          ...DeliveryRow
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`)

/** Reads rows that no longer match the filter. */
export const DeliveriesById = graphql(`
  query DeliveriesById($ids: [ID!]!) {
    nodes(ids: $ids) {
      __typename
      ... on Delivery {
        id
        ...DeliveryRow
      }
    }
  }
`)

/** Signals changes of deliveries. */
export const DeliveryChanges = graphql(`
  subscription DeliveryChanges($filter: DeliveryFilter) {
    deliveries(filter: $filter) {
      id
    }
  }
`)

/** The histogram above the list. */
export const DeliveryHistory = graphql(`
  query DeliveryHistory($filter: DeliveryFilter, $buckets: Int!) {
    deliveryStats(filter: $filter) {
      timeline(buckets: $buckets) {
        start
        delivered
        failed
        deadLetter
      }
    }
  }
`)
