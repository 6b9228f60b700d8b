import { graphql } from '@/lib/graphql.ts'

export const EventRow = graphql(`
  fragment EventRow on Event {
    id
    cursor
    type
    source
    severity
    subject
    tenantId
    receivedAt
  }
`)

export const EventList = graphql(`
  query EventList($filter: EventFilter, $first: Int!, $after: String) {
    events(filter: $filter, first: $first, after: $after) {
      edges {
        cursor
        node {
          id
          ...EventRow
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`)

/** The newest event that matches a filter. */
export const NewestEvent = graphql(`
  query NewestEvent($filter: EventFilter) {
    events(filter: $filter, first: 1) {
      nodes {
        id
        cursor
      }
    }
  }
`)

export const EventFeed = graphql(`
  subscription EventFeed($filter: EventFilter, $after: String) {
    events(filter: $filter, after: $after) {
      cursor
      event {
        id
        ...EventRow
      }
    }
  }
`)

/** The histogram above the list and the counts per severity. */
export const EventHistory = graphql(`
  query EventHistory($filter: EventFilter, $all: EventFilter, $buckets: Int!) {
    eventStats(filter: $filter) {
      total
      timeline(buckets: $buckets) {
        start
        count
        errors
      }
    }
    severities: eventStats(filter: $all) {
      total
      bySeverity {
        severity
        count
      }
    }
  }
`)
