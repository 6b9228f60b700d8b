import type { Row } from '../row.ts'

const ENTRIES = 100_000
const CHAIN = 'bench-audit'

const FILL = `SELECT append_audit(uuidv7(), clock_timestamp(), 'API_KEY', 'key_01h455vb4pex5vsknk084sn02q', 'bench', '{ADMIN}', $1,
    'webhook.update', 'webhook', 'whk_01h455vb4pex5vsknk084sn02q', 'ALLOWED',
    json_build_object('name', 'orders', 'url', 'https://hooks.example.com/orders/' || i, 'state', 'ENABLED', 'timeoutMs', 15000),
    json_build_object('name', 'orders', 'url', 'https://hooks.example.com/orders/' || i + 1, 'state', 'PAUSED', 'timeoutMs', 15000),
    '192.0.2.7', 'req-' || i)
  FROM generate_series(1, $2) i`

/** The limit of a verification: PostgreSQL reads and hashes each row once. */
const LIMIT = `SELECT max(sha256(convert_to(e::text, 'UTF8'))) FROM audit_entries e WHERE chain = $1`

/** verifyAuditChain for 100,000 entries, compared with one SHA-256 of each row in the database. */
export const audit: Row = {
  name: 'audit',
  async run(stack, { scale, advance }) {
    const entries = Math.max(1_000, Math.round(ENTRIES * scale))
    for (let filled = 0; filled < entries; filled += 10_000) {
      await stack.db.query(FILL, [CHAIN, Math.min(10_000, entries - filled)])
      advance((0.7 * filled) / entries)
    }
    await stack.db.query('VACUUM ANALYZE audit_entries')
    const seconds = async (work: () => Promise<unknown>) => {
      const started = performance.now()
      await work()
      return (performance.now() - started) / 1_000
    }
    const limit = await seconds(() => stack.db.query(LIMIT, [CHAIN]))
    const value = await seconds(async () => {
      const { verifyAuditChain } = await stack.graphql<{ verifyAuditChain: { ok: boolean; checked: number } }>(
        'query ($tenantId: String) { verifyAuditChain(tenantId: $tenantId) { ok checked } }',
        { tenantId: CHAIN },
      )
      if (!verifyAuditChain.ok || verifyAuditChain.checked !== entries)
        throw new Error(`verified ${JSON.stringify(verifyAuditChain)} of ${entries}`)
    })
    return [
      {
        name: 'audit',
        what: `${entries.toLocaleString('en-US')} audit entries verified`,
        unit: 's',
        value,
        limit: { what: 'read and hashed in SQL', value: limit },
        goal: { value: 5, atMost: true },
      },
    ]
  },
}
