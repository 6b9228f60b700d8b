import { graphql } from '@/lib/graphql.ts'

export const AlertRow = graphql(`
  fragment AlertRow on Alert {
    id
    status
    severity
    tenantId
    group
    webhook {
      id
      name
    }
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
    isSilenced
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
export const AlertChanges = graphql(`
  subscription AlertChanges($tenantId: String) {
    alerts(tenantId: $tenantId) {
      change
    }
  }
`)

/** A page of the rules that the alerts page can filter by. */
export const RuleNames = graphql(`
  query RuleNames($tenantId: String, $after: String) {
    alertRules(filter: { tenantId: $tenantId }, first: 200, after: $after) {
      nodes {
        id
        name
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`)
