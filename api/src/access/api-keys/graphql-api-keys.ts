import { builder } from '../../graphql/builder.ts'
import { connection, connectionType, pageArgs } from '../../graphql/connection.ts'
import { idOf, Node, registerNode } from '../../graphql/node.ts'
import { Role } from '../../graphql/types/enums.ts'
import type { ApiKeys } from './api-keys.ts'
import { createApiKey } from './create-api-key.ts'
import { type ApiKeyRow, listApiKeys, loadApiKeys } from './list-api-keys.ts'
import { revokeApiKey } from './revoke-api-key.ts'

declare module '../../graphql/context.ts' {
  interface Services {
    apiKeys: ApiKeys
  }
}

const ApiKey = builder.objectRef<ApiKeyRow>('ApiKey').implement({
  description: 'A key for the requests of a program. Only visible to the role ADMIN.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ description: 'Starts with key_.', resolve: idOf('key') }),
    name: t.exposeString('name', { description: 'Display name.' }),
    role: t.expose('role', { description: 'Its role.', type: Role }),
    tenantId: t.exposeString('tenantId', {
      description: 'The tenant that it is bound to; null: none.',
      nullable: true,
    }),
    prefix: t.exposeString('prefix', { description: 'Its first characters, which identify it.' }),
    lastUsedAt: t.expose('lastUsedAt', {
      description: 'When it was last used, accurate to a minute; null: never.',
      type: 'DateTime',
      nullable: true,
    }),
    expiresAt: t.expose('expiresAt', {
      description: 'When it expires; null: never.',
      type: 'DateTime',
      nullable: true,
    }),
    createdAt: t.expose('createdAt', { description: 'When it was created.', type: 'DateTime' }),
    revokedAt: t.expose('revokedAt', {
      description: 'When it was revoked; null: it is not revoked.',
      type: 'DateTime',
      nullable: true,
    }),
  }),
})

registerNode('key', ApiKey, async (ids, { core, identity }) => {
  const rows = await loadApiKeys(core, identity, ids)
  return new Map(rows.map((row) => [row.id, row]))
})

const ApiKeyFilter = builder.inputType('ApiKeyFilter', {
  description: 'Filters a list of API keys. An empty list does not filter.',
  fields: (t) => ({
    tenantId: t.string({ description: "One tenant's." }),
    roles: t.field({ description: 'Only keys with one of these roles.', type: [Role] }),
    usable: t.boolean({ description: 'true: neither revoked nor expired. false: revoked or expired.' }),
    search: t.string({
      description: 'Only keys with this text in the name, ignoring case, or at the beginning of the key.',
    }),
  }),
})

const CreateApiKeyInput = builder.inputType('CreateApiKeyInput', {
  description: 'A new API key. Null counts as absent.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'A display name, 1 to 100 characters.' }),
    role: t.field({ required: true, description: 'Its role.', type: Role }),
    tenantId: t.string({
      description: "The tenant that it is bound to. Default: the caller's tenant; none for a caller without one.",
    }),
    expiresAt: t.field({ description: 'When it expires; default: never.', type: 'DateTime' }),
  }),
})

const CreateApiKeyPayload = builder.objectRef<{ apiKey: ApiKeyRow; secret: string }>('CreateApiKeyPayload').implement({
  description: 'The result of createApiKey.',
  fields: (t) => ({
    apiKey: t.expose('apiKey', { description: 'The key as in lists.', type: ApiKey }),
    secret: t.exposeString('secret', {
      description: 'The key itself, to send as `Authorization: Bearer ...`. It is only shown here.',
    }),
  }),
})

const ApiKeyPayload = builder.objectRef<{ apiKey: ApiKeyRow }>('ApiKeyPayload').implement({
  description: 'The API key after the change.',
  fields: (t) => ({ apiKey: t.expose('apiKey', { description: 'The API key after the change.', type: ApiKey }) }),
})

builder.queryFields((t) => ({
  apiKeys: t.field({
    description: 'API keys, newest first, including revoked and expired ones.',
    type: connectionType(ApiKey, { totalCount: true }),
    authScopes: { admin: true },
    args: {
      filter: t.arg({ type: ApiKeyFilter, description: 'Filter; conditions are combined with AND.' }),
      ...pageArgs(t),
    },
    resolve: (_root, { filter, ...page }, { core, identity }) => {
      const list = listApiKeys(core, identity, filter)
      return connection(page, list.fetch, list.count)
    },
  }),
}))

builder.mutationFields((t) => ({
  createApiKey: t.field({
    description: 'Creates an API key. A caller that is bound to a tenant creates keys of that tenant.',
    type: CreateApiKeyPayload,
    authScopes: { admin: true },
    audit: { action: 'apiKey.create', target: 'apiKey' },
    args: { input: t.arg({ type: CreateApiKeyInput, required: true, description: 'The key.' }) },
    resolve: (_root, { input }, context) => createApiKey(context.core, context, input),
  }),
  revokeApiKey: t.field({
    description:
      'Revokes an API key permanently. Requests with it are refused, and its WebSockets and streams are closed. Revoking a revoked key changes nothing.',
    type: ApiKeyPayload,
    authScopes: { admin: true },
    audit: { action: 'apiKey.revoke', target: 'apiKey' },
    args: { id: t.arg.id({ required: true, description: 'The key.' }) },
    resolve: async (_root, { id }, context) => ({
      apiKey: await revokeApiKey(context.core, context.apiKeys, context, id),
    }),
  }),
}))
