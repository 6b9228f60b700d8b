import { graphql } from '@/lib/graphql.ts'

export const AlertTransitionItem = graphql(`
  fragment AlertTransitionItem on AlertTransition {
    at
    change
    actor {
      kind
      id
      name
    }
    note
    matched
    recipients
    event {
      id
    }
  }
`)

/** A delivery of a notification. */
export const NotificationItem = graphql(`
  fragment NotificationItem on Delivery {
    id
    eventType
    status
    holdReason
    attemptCount
    maxAttempts
    changedAt
    lastStatusCode
    lastErrorKind
    lastError
    recoveredBy {
      id
    }
    webhook {
      id
      name
    }
  }
`)

export const ReplayOffer = graphql(`
  fragment ReplayOffer on ReplaySuggestion {
    id
    title
    reason
    count
    filter
    webhook {
      id
      name
    }
  }
`)

export const AlertDetails = graphql(`
  query AlertDetails($id: ID!) {
    node(id: $id) {
      __typename
      ... on Alert {
        id
        ...AlertRow
        reason
        tenants {
          name
          count
        }
        rule {
          id
          name
          description
          enabled
          deletedAt
          groupBy
          repeatIntervalSeconds
          ...RuleConditions
        }
        timeline {
          ...AlertTransitionItem
        }
        deliveries(first: 50) {
          id
          ...NotificationItem
        }
        events(first: 20) {
          id
          ...EventRow
        }
        suggestedReplay {
          ...ReplayOffer
        }
      }
    }
  }
`)
