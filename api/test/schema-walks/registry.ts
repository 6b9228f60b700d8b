import { newId } from '../../src/kit/ids.ts'
import { register, type Tenant } from './register.ts'

const serviceOf = ({ mark }: Tenant) => `input: { name: "${mark}", url: "http://service.invalid" }`

register('registry', {
  fresh: {
    // Services belong to the installation. Their ids are their names.
    service: async (app, tenant) => {
      await app.ok(`mutation { registerService(${serviceOf(tenant)}) { created } }`)
      return tenant.mark
    },
  },
  mutations: {
    registerService: { args: serviceOf, action: 'service.register', targetId: ({ mark }) => mark, tenantId: null },
    unregisterService: {
      on: 'service',
      args: ({ id }) => `name: "${id}"`,
      action: 'service.unregister',
      tenantId: null,
    },
    heartbeat: { on: 'service', args: ({ id }) => `name: "${id}"`, action: 'service.heartbeat', ownRecord: true },
  },
  subscriptions: {
    // A tenant sees the health of the platform, but not its services.
    platformHealth: { select: '{ services { name } components { message } }', empty: { services: [] } },
  },
  async many(app, numbers) {
    await app.sql(
      `WITH s AS (
         INSERT INTO services (id, name, url, health_url, version, owner, tags, roles_required, depends_on, ttl_seconds, status_since,
           last_seen, last_checked_at, latency_ms, last_error, next_check_at, updated_at)
         SELECT s.id, 's' || s.n, 'http://a.invalid', '', '1', 'me', '{x}', '{ADMIN}', ARRAY['s' || s.n - 1, 's0'], 60, now(), now(), now(), 1,
           'x', now(), now() FROM unnest($1::uuid[], $2::int[]) AS s (id, n) RETURNING id
       ), i AS (INSERT INTO service_instances SELECT id, 'host:1', '1', now() FROM s)
       INSERT INTO health_hours SELECT 'service:' || id, date_trunc('hour', now()), 1, 0, 0, 5, 1, 5 FROM s`,
      [numbers.map(newId), numbers],
    )
  },
})
