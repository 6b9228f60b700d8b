import SchemaBuilder, { BasePlugin, type SchemaTypes } from '@pothos/core'
import type { AuditPlugin } from '../../graphql/mutation-audit.ts'

/** Replaces the mutation audit plugin and @pothos/plugin-scope-auth. Fields are resolved without checks. */
class Nothing<Types extends SchemaTypes> extends BasePlugin<Types> {}

SchemaBuilder.registerPlugin('audit', Nothing as typeof AuditPlugin)

/** The plugin name that the builder expects. */
export default 'audit'
export const AuthScopeFailureType = {}
