import { graphql } from '@/lib/graphql.ts'

export const AuditRow = graphql(`
  fragment AuditRow on AuditEntry {
    id
    at
    actor {
      kind
      id
      name
    }
    roles
    tenantId
    action
    targetType
    targetId
    outcome
    before
    after
    clientIp
    requestId
    hash
  }
`)

export const AuditList = graphql(`
  query AuditList($filter: AuditFilter, $first: Int!, $after: String) {
    auditEntries(filter: $filter, first: $first, after: $after) {
      edges {
        cursor
        node {
          id
          ...AuditRow
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`)

export const AuditOfTarget = graphql(`
  query AuditOfTarget($targetId: String!) {
    auditEntries(filter: { targetId: $targetId }, first: 50) {
      nodes {
        id
        ...AuditRow
      }
    }
  }
`)

export const AuditEntryDetails = graphql(`
  query AuditEntryDetails($id: ID!) {
    node(id: $id) {
      __typename
      ... on AuditEntry {
        id
        ...AuditRow
      }
    }
  }
`)

export const VerifyChain = graphql(`
  query VerifyChain($tenantId: String) {
    verifyAuditChain(tenantId: $tenantId) {
      ok
      checked
      firstBroken
      head
    }
  }
`)
