import { graphql } from '@/lib/graphql.ts'

export const EventDetails = graphql(`
  query EventDetails($id: ID!) {
    node(id: $id) {
      __typename
      ... on Event {
        id
        ...EventRow
        payload
        occurredAt
        correlationId
        causationId
        traceId
        clientIp
        publishedBy {
          kind
          id
          name
        }
        deliveryExplanation {
          ...ExplanationItem
        }
      }
    }
  }
`)

/** The events of one correlation id, with their deliveries. */
export const RelatedEvents = graphql(`
  query RelatedEvents($correlationId: String!) {
    events(filter: { correlationId: $correlationId }, first: 100) {
      nodes {
        id
        type
        severity
        receivedAt
        causationId
        deliveries(first: 20) {
          nodes {
            id
            status
            holdReason
            recoveredBy {
              id
            }
            webhook {
              id
              name
            }
          }
        }
      }
    }
  }
`)
