import { graphql } from '@/lib/graphql.ts'

export const ReplayDelivery = graphql(`
  mutation ReplayDelivery($id: ID!, $force: Boolean!) {
    replayDelivery(id: $id, force: $force) {
      delivery {
        id
        ...DeliveryRow
      }
      original {
        id
        ...DeliveryRow
      }
    }
  }
`)

/** The state of a replay. */
export const WatchReplay = graphql(`
  query WatchReplay($id: ID!) {
    node(id: $id) {
      __typename
      ... on Delivery {
        id
        ...DeliveryRow
      }
    }
  }
`)

export const CancelDeliveries = graphql(`
  mutation CancelDeliveries($input: CancelDeliveriesInput!) {
    cancelDeliveries(input: $input) {
      cancelled
      alreadyFinal
      beingSent
      notFound
      hasMore
    }
  }
`)
