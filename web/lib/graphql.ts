import type { graphql as generated } from '../../codegen/gql/index.ts'

export { type FragmentType, readFragment } from '../../codegen/gql/fragment-masking.ts'
/** The types that GraphQL Code Generator makes of the schema, and of the queries and fragments beside the components. */
export type * from '../../codegen/gql/graphql.ts'
export { documentId } from './document-id.ts'

/** Stands for a generated document, which takes its place when the page is built (web/graphql-loader.mjs). */
export const graphql = ((source: string) => {
  throw new Error(`not built with web/graphql-loader.mjs: ${source.trim().slice(0, 60)}`)
}) as typeof generated
