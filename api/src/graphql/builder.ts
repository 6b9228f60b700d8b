import SchemaBuilder from '@pothos/core'
import ScopeAuthPlugin, { AuthScopeFailureType } from '@pothos/plugin-scope-auth'
import { hasRole } from '../identity/identity.ts'
import { forbidden } from '../kit/errors.ts'
import type { JsonText } from '../kit/json/json-text.ts'
import type { Context } from './context.ts'
import './mutation-audit.ts'

interface BuilderTypes {
  Context: Context
  /**
   * One auth scope per role. A root field declares the lowest role that may use it: `authScopes: { operator: true }`.
   */
  AuthScopes: { viewer: boolean; agent: boolean; operator: boolean; admin: boolean }
  Scalars: {
    ID: { Input: string; Output: string }
    DateTime: { Input: Date; Output: Date }
    JSON: { Input: JsonText; Output: unknown }
  }
  DefaultFieldNullability: false
}

/** The types of the builder, for helpers that have refs or field builders as parameters. */
export type Types = PothosSchemaTypes.ExtendDefaultTypes<BuilderTypes>

/**
 * The schema builder. Fields are non-null unless `nullable: true`; arguments and input fields are optional unless
 * `required: true`. Every root field declares which role may use it; a test fails if one does not. Which rows an
 * identity may see is checked where rows are read (identity/tenant-scope.ts).
 */
export const builder = new SchemaBuilder<BuilderTypes>({
  // The first plugin is the outermost, so the audit plugin sees the denials of scope-auth.
  plugins: ['audit', ScopeAuthPlugin],
  defaultFieldNullability: false,
  scopeAuth: {
    // Checks the role once before the stream starts, not for every result.
    authorizeOnSubscribe: true,
    authScopes: ({ identity }) => ({
      viewer: hasRole(identity, 'VIEWER'),
      agent: hasRole(identity, 'AGENT'),
      operator: hasRole(identity, 'OPERATOR'),
      admin: hasRole(identity, 'ADMIN'),
    }),
    unauthorizedError: (_parent, { identity }, info, { failure }) => {
      const missing =
        failure.kind === AuthScopeFailureType.AllAuthScopes || failure.kind === AuthScopeFailureType.AnyAuthScopes
          ? failure.failures[0]
          : failure
      const requiredRole = missing?.kind === AuthScopeFailureType.AuthScope ? missing.scope.toUpperCase() : undefined
      const role = requiredRole ?? 'that this identity lacks'
      return forbidden(`${info.fieldName} requires the role ${role}; this identity has ${identity.roles.join(', ')}`, {
        requiredRole,
      })
    },
  },
})

builder.queryType({
  description: `What can be read. Lists are newest first and paged by cursors.

An operation that cannot be carried out is an error with \`extensions.code\`: UNAUTHENTICATED, FORBIDDEN, BAD_USER_INPUT (with \`extensions.path\`, the place in the input, and \`extensions.issues\` where there are several), NOT_FOUND (also for objects of another tenant), CONFLICT, RATE_LIMITED, PAYLOAD_TOO_LARGE, CURSOR_EXPIRED, QUERY_TOO_COMPLEX, UNAVAILABLE (try again) or INTERNAL (with \`extensions.requestId\`, under which it is in the log).`,
})
builder.mutationType({
  description: 'Changes. Each accepts one `input` or the id of its object, and returns a payload object.',
})
builder.subscriptionType({
  description:
    'Live results, over WebSocket (graphql-transport-ws) or as server-sent events. A stream that cannot continue ends with a result whose `errors` give the reason.',
})
