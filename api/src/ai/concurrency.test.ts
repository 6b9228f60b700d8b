import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lockTable } from '../../test/harness/lock-table.ts'
import { startTestApp, type TestApp, until } from '../../test/harness.ts'
import { answers, descriptorFile, startVendor, type VendorServer } from '../../test/servers/ai-vendors.ts'

const ORCHESTRATE = 'mutation ($input: OrchestrateInput!) { orchestrate(input: $input) { usedProvider } }'
const PUBLISH = 'mutation { publishEvent(input: { type: "ai.beside", source: "test" }) { event { id } } }'
const CONCURRENT = 40
const LEAD = { name: 'Ada Byron-Example', email: 'ada@example.com', phone: null, company: null }

const inputOf = (text: string) => ({ input: { intent: 'extract-lead', input: { text }, tenantId: 'tenant-many' } })

describe('many requests at once', () => {
  let app: TestApp
  beforeAll(async () => {
    const many = { concurrency: CONCURRENT }
    app = await startTestApp({
      env: {
        DATABASE_POOL: '6',
        PROVIDER_ORDER: 'local',
        AI_PROVIDERS_FILE: descriptorFile({ local: many }),
        AI_CONCURRENCY: String(CONCURRENT),
        AI_TENANT_CONCURRENCY: String(CONCURRENT),
      },
    })
  })
  afterAll(() => app.stop())

  /** Connections that wait for the table. */
  const blocked = async (table: string) =>
    (
      await app.sql(
        `SELECT DISTINCT pid FROM pg_locks WHERE NOT granted AND relation = $1::regclass
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
        [table],
      )
    ).length

  test.each([
    ['the providers of their tenants', 'ai_tenant_providers', 'Ada, ada@example.com'],
    ['the health of the providers', 'ai_provider_health', 'Ada, ada@example.com'],
    ['their audit entries', 'audit_chains', 'Ada, ada@example.com'],
    ['the audit entries of their failures', 'audit_chains', ' '],
  ])('wait for %s in one connection: others can publish', async (_what, table, text) => {
    const release = await lockTable(app, table)
    const asking = Promise.all(
      Array.from({ length: CONCURRENT }, () =>
        text === ' ' ? app.fails(ORCHESTRATE, inputOf(text)) : app.ok(ORCHESTRATE, inputOf(text)),
      ),
    )
    await until('a request waits', async () => (await blocked(table)) > 0)
    for (let i = 0; i < 3; i++) await app.ok(PUBLISH)
    expect(await blocked(table)).toBe(1)
    await release()
    expect(await asking).toHaveLength(CONCURRENT)
  })

  test('are limited from the time when they arrived, also if the process could only work on them later', async () => {
    const body = JSON.stringify({
      query: ORCHESTRATE,
      variables: { input: { ...inputOf('Ada').input, timeoutMs: 300 } },
    })
    const late = new ReadableStream({
      async start(controller) {
        const bytes = new TextEncoder().encode(body)
        controller.enqueue(bytes.subarray(0, 1))
        await new Promise((resolve) => setTimeout(resolve, 400))
        controller.enqueue(bytes.subarray(1))
        controller.close()
      },
    })
    const headers = { 'content-type': 'application/json' }
    const response = await app.http('/graphql', { method: 'POST', headers, body: late, duplex: 'half' } as RequestInit)
    const { errors } = (await response.json()) as { errors: { extensions: object }[] }
    expect(errors[0]!.extensions).toMatchObject({
      code: 'UNAVAILABLE',
      attempts: [{ provider: 'local', error: 'the time limit of the request was reached' }],
    })
  })

  test('are one entry each, in an intact chain', async () => {
    const count = async () =>
      (await app.sql<{ count: number }>('SELECT count(*)::int AS count FROM audit_entries'))[0]!.count
    const before = await count()
    const asked = Array.from({ length: CONCURRENT }, (_, i) =>
      i % 2 ? app.ok(ORCHESTRATE, inputOf('Ada')) : app.fails(ORCHESTRATE, inputOf(' ')),
    )
    await Promise.all(asked)
    expect((await count()) - before).toBe(CONCURRENT)
    for (const tenantId of ['tenant-many', null])
      expect(
        await app.ok('query ($tenantId: String) { verifyAuditChain(tenantId: $tenantId) { ok } }', { tenantId }),
      ).toEqual({ verifyAuditChain: { ok: true } })
  })
})

describe('a process with as many requests under way as it may have', () => {
  let vendor: VendorServer
  let app: TestApp
  beforeAll(async () => {
    vendor = await startVendor()
    app = await startTestApp({
      env: {
        PROVIDER_ORDER: 'claude',
        AI_PROVIDERS_FILE: descriptorFile({}),
        CLAUDE_URL: vendor.origin,
        CLAUDE_API_KEY: 'key-of-claude',
        AI_CONCURRENCY: '2',
      },
    })
  })
  afterAll(async () => {
    await app.stop()
    await vendor.close()
  })

  test('refuses a further one with RATE_LIMITED, and takes the next once one has ended', async () => {
    const waiting: (() => void)[] = []
    vendor.behave((exchange) => waiting.push(() => answers('claude', LEAD)(exchange)))
    const asking = ['tenant-a', 'tenant-b'].map((tenantId) =>
      app.ok(ORCHESTRATE, { input: { ...inputOf('Ada').input, tenantId } }),
    )
    await until('both are under way', () => waiting.length === 2)
    const refused = await app.fails(ORCHESTRATE, { input: { ...inputOf('Ada').input, tenantId: 'tenant-c' } })
    expect(refused).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 1_000 })
    for (const answer of waiting.splice(0)) answer()
    await Promise.all(asking)
    vendor.behave(answers('claude', LEAD))
    expect(await app.ok(ORCHESTRATE, inputOf('Ada'))).toEqual({ orchestrate: { usedProvider: 'claude' } })
  })
})
