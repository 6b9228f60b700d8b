import SchemaBuilder, { BasePlugin, type SchemaTypes } from '@pothos/core'
import type { AuditPlugin } from '../../graphql/mutation-audit.ts'

/** In place of audit/mutation-audit-plugin.ts and @pothos/plugin-scope-auth, both: fields are resolved as they are, for whomever. */
class Nothing<Types extends SchemaTypes> extends BasePlugin<Types> {}

SchemaBuilder.registerPlugin('audit', Nothing as typeof AuditPlugin)

/** The name that the builder asks for by the other's default export. */
export default 'audit'
export const AuthScopeFailureType = {}
