import { graphql } from '@/lib/graphql.ts'

export const AlertRow = graphql(`
  fragment AlertRow on Alert {
    id
    status
    severity
    tenantId
    group
    source
    matched
    threshold
    windowSeconds
    startedAt
    lastNotifiedAt
    acknowledgedAt
    acknowledgedBy {
      kind
      id
      name
    }
    resolvedAt
    rule {
      id
      name
    }
    silencedBy {
      id
      endsAt
    }
  }
`)

export const AlertList = graphql(`
  query AlertList($filter: AlertFilter, $first: Int!, $after: String) {
    alerts(filter: $filter, first: $first, after: $after) {
      totalCount
      edges {
        cursor
        node {
          id
          ...AlertRow
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`)

/** Signals that an alert changed. */
export const AlertBell = graphql(`
  subscription AlertBell($tenantId: String) {
    alerts(tenantId: $tenantId) {
      change
    }
  }
`)

/** The rules that the alerts page can filter by. */
export const RuleNames = graphql(`
  query RuleNames($tenantId: String) {
    alertRules(filter: { tenantId: $tenantId }, first: 200) {
      nodes {
        id
        name
      }
    }
  }
`)

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

export const AcknowledgeAlert = graphql(`
  mutation AcknowledgeAlert($id: ID!, $note: String) {
    acknowledgeAlert(id: $id, note: $note) {
      alert {
        id
        ...AlertRow
      }
    }
  }
`)

export const ResolveAlert = graphql(`
  mutation ResolveAlert($id: ID!, $note: String) {
    resolveAlert(id: $id, note: $note) {
      alert {
        id
        ...AlertRow
      }
    }
  }
`)
