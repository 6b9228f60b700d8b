import { newId, publicId } from '../../src/kit/ids.ts'
import { byId, register, type Tenant } from './register.ts'

const ON_TENANT = { targetType: 'tenant', targetId: ({ tenantId }: Tenant) => tenantId }

register('retention', {
  fresh: {
    /** The row names an archive file that no store has, so reading it fails. */
    archive: async (app, { tenantId, mark }) => {
      const id = newId()
      await app.sql(
        `INSERT INTO archive_files (id, tenant_id, day, part, events, bytes, sha256, first_id, last_id, last_seq, location, created_at, verified_at)
         SELECT $1, $2, '2026-01-31', 1 + count(*), 1, 1, $3, $1, $1, 1, 'file:///' || $3, now(), now() FROM archive_files WHERE tenant_id = $2`,
        [id, tenantId, mark],
      )
      return publicId('arc', id)
    },
    tenantRetention: async (app, { tenantId }) => {
      await app.ok(`mutation { setTenantRetention(tenantId: "${tenantId}", retentionDays: 77) { tenant { id } } }`)
      return tenantId
    },
  },
  async own(app, { tenantId, mark }) {
    await app.ok(`mutation { setLegalHold(tenantId: "${tenantId}", hold: true, reason: "${mark}") { tenant { id } } }`)
    await app.sql(
      `WITH run AS (INSERT INTO prune_runs (id, started_at, finished_at, dry_run, started_by_kind, started_by_id)
         VALUES ($1, now(), now(), false, 'SYSTEM', 'retention') RETURNING id)
       INSERT INTO prune_scopes (run_id, subject, tenant_id, retention_days, cutoff, pruned_count, error)
         SELECT id, 'EVENTS', $2, 77, now(), 5, $3 FROM run`,
      [newId(), tenantId, mark],
    )
  },
  tables: {
    retention_policies: {},
    legal_holds: {},
    archive_files: { ids: 'arc' },
    restored_days: {},
  },
  mutations: {
    setRetention: { args: () => 'subject: EVENTS, retentionDays: 20', action: 'retention.set', tenantId: null },
    setTenantRetention: {
      args: ({ tenantId }) => `tenantId: "${tenantId}", retentionDays: 7`,
      action: 'retention.set',
      ...ON_TENANT,
    },
    clearTenantRetention: {
      on: 'tenantRetention',
      args: ({ id }) => `tenantId: "${id}"`,
      action: 'retention.clear',
      ...ON_TENANT,
    },
    setLegalHold: {
      args: ({ tenantId }) => `tenantId: "${tenantId}", hold: true, reason: "a case at court"`,
      // Lifts the legal hold of the other tenant.
      foreignArgs: ({ tenantId }) => `tenantId: "${tenantId}", hold: false`,
      action: 'retention.hold',
      ...ON_TENANT,
    },
    pruneEvents: { action: 'retention.prune', targetType: 'pruneRun', tenantId: null },
    verifyArchive: { ...byId('archive.verify'), succeedsElsewhere: true },
    restoreArchive: { ...byId('archive.restore'), succeedsElsewhere: true },
  },
  /** Creates a prune run with its scopes, a legal hold, an archive file, a policy and a table size for each number. */
  async many(app, numbers) {
    const ids = numbers.map(newId)
    const tenants = numbers.map((n) => `tenant-${n}`)
    await app.sql(
      `WITH run AS (INSERT INTO prune_runs (id, started_at, finished_at, dry_run, started_by_kind, started_by_id)
         SELECT id, now(), now(), false, 'SYSTEM', 'retention' FROM unnest($1::uuid[]) AS r (id) RETURNING id)
       INSERT INTO prune_scopes (run_id, subject, tenant_id, retention_days, cutoff, pruned_count, archive_files, error)
         SELECT id, subject::"RetentionSubject", tenant, 30, now(), 1, '{x}', 'x' FROM run, (VALUES ('EVENTS', 'tenant-0'), ('AUDIT', '')) AS s (subject, tenant)`,
      [ids],
    )
    await app.sql(
      `INSERT INTO legal_holds (tenant_id, reason, created_at, set_by_kind, set_by_id)
       SELECT tenant, 'x', now(), 'SYSTEM', 'x' FROM unnest($1::text[]) AS h (tenant)`,
      [tenants],
    )
    await app.sql(
      `INSERT INTO archive_files (id, tenant_id, day, part, events, bytes, sha256, first_id, last_id, last_seq, location, created_at, verified_at)
       SELECT id, tenant, '2026-01-01', 1, 1, 1, 'x', id, id, 1, 'x', now(), now() FROM unnest($1::uuid[], $2::text[]) AS a (id, tenant)`,
      [ids, tenants],
    )
    await app.sql(
      `INSERT INTO retention_policies (subject, tenant_id, retention_days, created_at, updated_at, set_by_kind, set_by_id, set_by_name)
       SELECT 'EVENTS', tenant, 30, now(), now(), 'SYSTEM', 'x', 'x' FROM unnest($1::text[]) AS p (tenant) ON CONFLICT DO NOTHING`,
      [['', ...tenants]],
    )
    await app.sql(
      `INSERT INTO table_sizes (name, at, bytes, rows) SELECT 'events', now() - n * interval '1 hour', 1, 1 FROM unnest($1::int[]) AS s (n)`,
      [numbers],
    )
  },
})
