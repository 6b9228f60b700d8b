import { graphql } from '@/lib/graphql.ts'

export const BulkReplayRow = graphql(`
  fragment BulkReplayRow on BulkReplay {
    id
    status
    total
    isSelected
    replayed
    skipped
    skips {
      reason
      count
    }
    delivered
    failed
    startedBy {
      kind
      id
      name
    }
    reason
    tenantId
    createdAt
    finishedAt
    filter
    paused
    ratePerSecond
    canary
    error
  }
`)

export const BulkReplayList = graphql(`
  query BulkReplayList($tenantId: String, $statuses: [BulkReplayStatus!], $first: Int!, $after: String) {
    bulkReplays(tenantId: $tenantId, statuses: $statuses, first: $first, after: $after) {
      edges {
        cursor
        node {
          id
          ...BulkReplayRow
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`)

export const BulkReplayById = graphql(`
  query BulkReplayById($id: ID!) {
    node(id: $id) {
      __typename
      ... on BulkReplay {
        id
        ...BulkReplayRow
      }
    }
  }
`)

export const BulkReplayFeed = graphql(`
  subscription BulkReplayFeed($id: ID!) {
    bulkReplay(id: $id) {
      id
      ...BulkReplayRow
    }
  }
`)

export const FailedItem = graphql(`
  fragment FailedItem on BulkReplayItem {
    original {
      id
      eventType
      webhook {
        id
        name
      }
    }
    replay {
      id
      status
      lastErrorKind
      lastStatusCode
      lastError
    }
  }
`)

/** The replays that failed, page by page. */
export const FailedItems = graphql(`
  query BulkReplayFailures($id: ID!, $first: Int!, $after: String) {
    node(id: $id) {
      __typename
      ... on BulkReplay {
        id
        items(outcome: FAILED, first: $first, after: $after) {
          edges {
            cursor
            node {
              ...FailedItem
            }
          }
          pageInfo {
            hasNextPage
            endCursor
          }
        }
      }
    }
  }
`)

/** Only the ids, to replay the failed deliveries of a bulk replay again. */
export const FailedIds = graphql(`
  query BulkReplayFailedIds($id: ID!, $after: String) {
    node(id: $id) {
      __typename
      ... on BulkReplay {
        id
        items(outcome: FAILED, first: 200, after: $after) {
          nodes {
            original {
              id
            }
          }
          pageInfo {
            hasNextPage
            endCursor
          }
        }
      }
    }
  }
`)

/** A dry run: nothing is stored. */
export const PreviewBulkReplay = graphql(`
  mutation PreviewBulkReplay($input: BulkReplayInput!) {
    bulkReplayDeliveries(input: $input) {
      bulkReplay {
        id
        createdAt
      }
      preview {
        total
        likely
        byWebhook {
          webhook {
            id
            name
          }
          count
          likely
          reachable
          warning
        }
        skipped {
          reason
          count
        }
      }
    }
  }
`)

export const StartBulkReplay = graphql(`
  mutation StartBulkReplay($input: BulkReplayInput!) {
    bulkReplayDeliveries(input: $input) {
      bulkReplay {
        id
        ...BulkReplayRow
      }
    }
  }
`)

export const CancelBulkReplay = graphql(`
  mutation CancelBulkReplay($id: ID!) {
    cancelBulkReplay(id: $id) {
      bulkReplay {
        id
        ...BulkReplayRow
      }
    }
  }
`)

export const PauseBulkReplay = graphql(`
  mutation PauseBulkReplay($id: ID!, $paused: Boolean!) {
    pauseBulkReplay(id: $id, paused: $paused) {
      bulkReplay {
        id
        ...BulkReplayRow
      }
    }
  }
`)
