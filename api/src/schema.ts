import './graphql/scalars.ts'
import './graphql/node.ts'
import './access/graphql.ts'
import { builder } from './graphql/builder.ts'

/** The executable schema: each feature is one import line above. */
export const schema = builder.toSchema()
