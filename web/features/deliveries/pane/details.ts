import { graphql } from '@/lib/graphql.ts'

export const AttemptItem = graphql(`
  fragment AttemptItem on DeliveryAttempt {
    id
    number
    startedAt
    durationMs
    statusCode
    errorKind
    error
    requestHeaders
    responseHeaders
    responseBody
    responseBodyTruncated
  }
`)

export const DeliveryDetails = graphql(`
  query DeliveryDetails($id: ID!) {
    node(id: $id) {
      __typename
      ... on Delivery {
        id
        completedAt
        ...DeliveryRow
        recoveredBy {
          id
          completedAt
        }
        replays {
          id
          status
          holdReason
          createdAt
          recoveredBy {
            id
          }
        }
        webhook {
          id
          name
          kind
          state
          circuit
        }
        attempts {
          id
          ...AttemptItem
        }
        event {
          id
          type
          source
          severity
          subject
          tenantId
          occurredAt
          correlationId
          causationId
          payload
        }
      }
    }
  }
`)

/** A delivery to compare another one with. */
export const ComparedDelivery = graphql(`
  fragment ComparedDelivery on Delivery {
    id
    completedAt
    attempts {
      id
      ...AttemptItem
    }
    event {
      id
      payload
    }
  }
`)

/** The newest delivery that a webhook accepted. */
export const LastAccepted = graphql(`
  query LastAccepted($webhookId: ID!) {
    deliveries(filter: { webhookIds: [$webhookId], statuses: [DELIVERED] }, first: 1) {
      nodes {
        id
        ...ComparedDelivery
      }
    }
  }
`)

export const DeliveryToCompare = graphql(`
  query DeliveryToCompare($id: ID!) {
    node(id: $id) {
      __typename
      ... on Delivery {
        id
        ...ComparedDelivery
      }
    }
  }
`)

export const CancelDelivery = graphql(`
  mutation CancelDelivery($id: ID!, $reason: String!) {
    cancelDelivery(id: $id, reason: $reason) {
      delivery {
        id
        ...DeliveryRow
      }
    }
  }
`)
