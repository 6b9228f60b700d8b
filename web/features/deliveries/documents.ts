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
    lastError
    lastErrorKind
    replayOf {
      id
    }
    replays {
      id
      status
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

/** What became of deliveries that are shown. */
export const ShownDeliveries = graphql(`
  query ShownDeliveries($ids: [ID!]!) {
    nodes(ids: $ids) {
      __typename
      ... on Delivery {
        id
        ...DeliveryRow
      }
    }
  }
`)

export const DeliveryChanges = graphql(`
  subscription DeliveryChanges($filter: DeliveryFilter) {
    deliveries(filter: $filter) {
      id
      ...DeliveryRow
    }
  }
`)

export const DeliveryFigures = graphql(`
  fragment DeliveryFigures on DeliveryStats {
    pending
    nearFailure
    delivered
    deadLetter
    successRate
    oldestPendingAt
  }
`)

export const DeliveryCounts = graphql(`
  query DeliveryCounts($filter: DeliveryFilter) {
    deliveryStats(filter: $filter) {
      ...DeliveryFigures
    }
  }
`)

/** The figures of all of time, as they change. */
export const DeliveryFiguresFeed = graphql(`
  subscription DeliveryFiguresFeed($tenantId: String) {
    deliveryStats(tenantId: $tenantId) {
      ...DeliveryFigures
    }
  }
`)
