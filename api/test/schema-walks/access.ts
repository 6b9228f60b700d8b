import { newId } from '../../src/kit/ids.ts'
import { byId, create, register } from './register.ts'

register('access', {
  fresh: {
    // A new tenant: its id is the mark.
    tenant: async (app, { mark }) => {
      await app.ok(`mutation { createTenant(input: { id: "${mark}", name: "New" }) { tenant { id } } }`)
      return mark
    },
    apiKey: (app, { tenantId, mark }) =>
      create(
        app,
        `createApiKey(input: { name: "${mark}", role: VIEWER, tenantId: "${tenantId}" }) { created: apiKey { id } }`,
      ),
  },
  tables: { tenants: { tenant: 'id' }, api_keys: { ids: 'key' } },
  mutations: {
    createTenant: {
      args: ({ mark }) => `input: { id: "${mark}", name: "New" }`,
      foreignArgs: ({ tenantId }) => `input: { id: "${tenantId}", name: "x" }`,
      action: 'tenant.create',
      targetId: ({ mark }) => mark,
      tenantId: ({ mark }) => mark,
    },
    updateTenant: { ...byId('tenant.update', ', input: { name: "Newer" }'), tenantId: ({ id }) => id },
    createApiKey: {
      args: ({ tenantId }) => `input: { name: "ci", role: VIEWER, tenantId: "${tenantId}" }`,
      action: 'apiKey.create',
    },
    revokeApiKey: byId('apiKey.revoke'),
  },
  filters: { actorIds: ({ ids }) => `["${ids.apiKey}"]` },
  async many(app, numbers) {
    await app.sql('INSERT INTO tenants (id, name, updated_at) SELECT t, t, now() FROM unnest($1::text[]) AS t', [
      numbers.map((n) => `tenant-${n}`),
    ])
    await app.sql(
      `INSERT INTO api_keys (id, name, role, prefix, hash)
       SELECT k.id, k.name, 'VIEWER', 'alk_', k.name FROM unnest($1::uuid[], $2::text[]) AS k (id, name)`,
      [numbers.map(newId), numbers.map((n) => `key ${n}`)],
    )
  },
})
