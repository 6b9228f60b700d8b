/** The typed documents that GraphQL Code Generator makes of the queries and fragments beside the components. */

export type {
  DeliveryChangesSubscription,
  DeliveryCountsQuery,
  DeliveryFilter,
  DeliveryListQuery,
  DeliveryListQueryVariables,
  DeliveryMatch,
  DeliveryRowFragment,
  DeliveryStatus,
  ErrorKind,
  EventFeedSubscription,
  EventFilter,
  EventListQuery,
  EventListQueryVariables,
  EventRowFragment,
  HoldReason,
  Role,
  Severity,
  TenantChoicesQuery,
  TimeWindow,
} from '../../codegen/gql/graphql.ts'
export { type FragmentType, graphql, readFragment } from '../../codegen/gql/index.ts'
export { documentId } from './document-id.ts'
