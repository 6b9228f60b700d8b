import { builder } from '../graphql/builder.ts'
import { connection, connectionType, pageArgs } from '../graphql/connection.ts'
import { Role } from '../graphql/enums.ts'
import { idOf, Node, registerNode } from '../graphql/node.ts'
import type { ApiKeys } from './api-keys.ts'
import { createApiKey } from './create-api-key.ts'
import { type ApiKeyRow, listApiKeys, loadApiKeys } from './list-api-keys.ts'
import { revokeApiKey } from './revoke-api-key.ts'

declare module '../graphql/context.ts' {
  interface Services {
    apiKeys: ApiKeys
  }
}

const ApiKey = builder.objectRef<ApiKeyRow>('ApiKey').implement({
  description: 'A key that a program asks with. Seen by those with the role ADMIN alone.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ description: 'Starts with key_.', resolve: idOf('key') }),
    name: t.exposeString('name', { description: 'Display name.' }),
    role: t.expose('role', { description: 'Its role.', type: Role }),
    tenantId: t.exposeString('tenantId', {
      description: 'The tenant that it is bound to; null: to none.',
      nullable: true,
    }),
    prefix: t.exposeString('prefix', { description: 'Its first characters, to know it by.' }),
    lastUsedAt: t.expose('lastUsedAt', {
      description: 'When it was last used, give or take a minute; null: never.',
      type: 'DateTime',
      nullable: true,
    }),
    expiresAt: t.expose('expiresAt', {
      description: 'When it stops working; null: never.',
      type: 'DateTime',
      nullable: true,
    }),
    createdAt: t.expose('createdAt', { description: 'When it was created.', type: 'DateTime' }),
    revokedAt: t.expose('revokedAt', {
      description: 'When it was revoked; null: it was not.',
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
  description: 'What to narrow a list of API keys to. An empty list does not narrow it.',
  fields: (t) => ({
    tenantId: t.string({ description: "One tenant's." }),
    roles: t.field({ description: 'With one of these roles.', type: [Role] }),
    usable: t.boolean({ description: 'True: neither revoked nor expired. False: one of both.' }),
    search: t.string({ description: 'With this in the name, in whatever case, or at the beginning of the key.' }),
  }),
})

const CreateApiKeyInput = builder.inputType('CreateApiKeyInput', {
  description: 'A new API key. Null counts as left out.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'A name for people to read, 1 to 100 characters.' }),
    role: t.field({ required: true, description: 'Its role.', type: Role }),
    tenantId: t.string({
      description:
        "The tenant that it is bound to; the caller's own when left out, and none when the caller is bound to none.",
    }),
    expiresAt: t.field({ description: 'When it is to stop working; never when left out.', type: 'DateTime' }),
  }),
})

const CreateApiKeyPayload = builder.objectRef<{ apiKey: ApiKeyRow; secret: string }>('CreateApiKeyPayload').implement({
  description: 'The result of createApiKey.',
  fields: (t) => ({
    apiKey: t.expose('apiKey', { description: 'The key, as it is listed.', type: ApiKey }),
    secret: t.exposeString('secret', {
      description: 'The key itself, to send as `Authorization: Bearer ...`. It is shown here only.',
    }),
  }),
})

const ApiKeyPayload = builder.objectRef<{ apiKey: ApiKeyRow }>('ApiKeyPayload').implement({
  description: 'The API key that was acted on.',
  fields: (t) => ({ apiKey: t.expose('apiKey', { description: 'As it is now.', type: ApiKey }) }),
})

builder.queryFields((t) => ({
  apiKeys: t.field({
    description: 'API keys, newest first, those that are revoked or expired among them.',
    type: connectionType(ApiKey, { totalCount: true }),
    authScopes: { admin: true },
    args: { filter: t.arg({ type: ApiKeyFilter, description: 'Filters the list.' }), ...pageArgs(t) },
    resolve: (_root, { filter, ...page }, { core, identity }) => {
      const list = listApiKeys(core, identity, filter)
      return connection(page, list.fetch, list.count)
    },
  }),
}))

builder.mutationFields((t) => ({
  createApiKey: t.field({
    description: 'Makes an API key. Who is bound to a tenant makes keys of that tenant.',
    type: CreateApiKeyPayload,
    authScopes: { admin: true },
    audit: { action: 'apiKey.create', target: 'apiKey' },
    args: { input: t.arg({ type: CreateApiKeyInput, required: true, description: 'The key.' }) },
    resolve: (_root, { input }, context) => createApiKey(context.core, context, input),
  }),
  revokeApiKey: t.field({
    description:
      'Revokes an API key for good. Requests with it are refused from now on, and its WebSockets and streams end. One that is revoked already stays as it is.',
    type: ApiKeyPayload,
    authScopes: { admin: true },
    audit: { action: 'apiKey.revoke', target: 'apiKey' },
    args: { id: t.arg.id({ required: true, description: 'The key.' }) },
    resolve: async (_root, { id }, context) => ({
      apiKey: await revokeApiKey(context.core, context.apiKeys, context, id),
    }),
  }),
}))
