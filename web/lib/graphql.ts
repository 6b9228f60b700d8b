/** The typed documents that GraphQL Code Generator makes of the queries and fragments beside the components. */
export { type FragmentType, graphql, readFragment } from '../../codegen/gql/index.ts'
export type { DeliveryFilter, DeliveryStatus, ErrorKind, EventFilter, HoldReason, Role, Severity, TimeWindow } from '../../codegen/gql/graphql.ts'
