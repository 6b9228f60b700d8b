/** The typed documents that GraphQL Code Generator makes of the queries and fragments beside the components. */

export type {
  DeliveryFilter,
  DeliveryMatch,
  DeliveryRowFragment,
  DeliveryStatus,
  ErrorKind,
  EventFilter,
  EventRowFragment,
  HoldReason,
  Role,
  Severity,
  TimeWindow,
} from '../../codegen/gql/graphql.ts'
export { type FragmentType, graphql, readFragment } from '../../codegen/gql/index.ts'
