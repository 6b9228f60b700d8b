import { graphql } from '@/lib/graphql.ts'

export const PruneScopeRow = graphql(`
  fragment PruneScopeRow on PruneScope {
    scope
    subject
    tenantId
    retentionDays
    cutoff
    prunedCount
    archivedCount
    archiveFiles
    strategy
    durationMs
    error
  }
`)

export const PruneRunRow = graphql(`
  fragment PruneRunRow on PruneRun {
    id
    dryRun
    startedAt
    finishedAt
    totalPruned
    startedBy {
      id
      name
    }
    scopes {
      scope
      prunedCount
      error
    }
    otherScopes {
      subject
      scope
      prunedCount
      error
    }
  }
`)

/** The results of a prune run per scope, which are too large to be loaded for every row of the list. */
export const PruneRunScopes = graphql(`
  fragment PruneRunScopes on PruneRun {
    id
    dryRun
    finishedAt
    totalPruned
    scopes {
      ...PruneScopeRow
    }
    otherScopes {
      ...PruneScopeRow
    }
  }
`)

export const RetentionQuery = graphql(`
  query RetentionOverview {
    retention {
      globalDefaultDays
      archiveEnabled
      archiveTarget
      nextPruneAt
      policies {
        subject
        retentionDays
        isDefault
        updatedAt
        setBy {
          kind
          id
          name
        }
      }
      tenantPolicies {
        tenantId
        retentionDays
        updatedAt
        setBy {
          kind
          id
          name
        }
      }
      legalHolds {
        tenantId
        reason
        createdAt
        setBy {
          kind
          id
          name
        }
      }
      lastPrune {
        id
        startedAt
        finishedAt
        totalPruned
      }
    }
  }
`)

export const TableSizes = graphql(`
  query TableSizes($days: Int!) {
    retention {
      tableSizes(days: $days) {
        name
        at
        bytes
        rows
      }
    }
  }
`)

export const PruneRunList = graphql(`
  query PruneRunList($first: Int!, $after: String) {
    pruneRuns(first: $first, after: $after) {
      edges {
        cursor
        node {
          id
          ...PruneRunRow
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`)

export const PruneRunDetails = graphql(`
  query PruneRunDetails($id: ID!) {
    node(id: $id) {
      __typename
      ... on PruneRun {
        id
        ...PruneRunRow
        ...PruneRunScopes
      }
    }
  }
`)

export const ArchiveRow = graphql(`
  fragment ArchiveRow on ArchiveFile {
    id
    tenantId
    day
    part
    events
    bytes
    location
    sha256
    createdAt
    verifiedAt
    restoredAt
  }
`)

export const ArchiveList = graphql(`
  query ArchiveList($tenantId: String, $first: Int!, $after: String) {
    archives(tenantId: $tenantId, first: $first, after: $after) {
      edges {
        cursor
        node {
          id
          ...ArchiveRow
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`)

export const PruneEvents = graphql(`
  mutation PruneEvents($dryRun: Boolean!) {
    pruneEvents(dryRun: $dryRun) {
      run {
        id
        ...PruneRunScopes
      }
    }
  }
`)

export const SetRetention = graphql(`
  mutation SetRetention($subject: RetentionSubject!, $retentionDays: Int) {
    setRetention(subject: $subject, retentionDays: $retentionDays) {
      retention {
        globalDefaultDays
      }
    }
  }
`)

export const SetTenantRetention = graphql(`
  mutation SetTenantRetention($tenantId: String!, $retentionDays: Int!) {
    setTenantRetention(tenantId: $tenantId, retentionDays: $retentionDays) {
      tenant {
        id
        retentionDays
        retentionIsDefault
      }
    }
  }
`)

export const ClearTenantRetention = graphql(`
  mutation ClearTenantRetention($tenantId: String!) {
    clearTenantRetention(tenantId: $tenantId) {
      tenant {
        id
        retentionDays
        retentionIsDefault
      }
    }
  }
`)

export const SetLegalHold = graphql(`
  mutation SetLegalHold($tenantId: String!, $hold: Boolean!, $reason: String) {
    setLegalHold(tenantId: $tenantId, hold: $hold, reason: $reason) {
      tenant {
        id
        legalHold
      }
    }
  }
`)

export const VerifyArchive = graphql(`
  mutation VerifyArchive($id: ID!) {
    verifyArchive(id: $id) {
      ok
      events
      error
    }
  }
`)

export const RestoreArchive = graphql(`
  mutation RestoreArchive($id: ID!) {
    restoreArchive(id: $id) {
      restored
      skipped
    }
  }
`)
