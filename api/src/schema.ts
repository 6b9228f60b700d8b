import './graphql/scalars.ts'
import './graphql/node.ts'
import './access/graphql.ts'
import './audit/graphql.ts'
import './events/graphql.ts'
import './events/graphql-live.ts'
import './events/graphql-publish.ts'
import './events/graphql-stats.ts'
import './events/graphql-types.ts'
import './webhooks/graphql.ts'
import './deliveries/graphql.ts'
import './deliveries/graphql-event.ts'
import './deliveries/graphql-live.ts'
import './alerts/graphql.ts'
import { builder } from './graphql/builder.ts'

/** The executable schema: each feature is an import above. */
export const schema = builder.toSchema()
