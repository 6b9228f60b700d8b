import { Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp, until } from '../../test/harness.ts'
import { createServer } from '../app.ts'
import { createAppContext } from '../app-context.ts'
import type { Db } from '../db/pool.ts'
import type { RequestRecord } from '../http/request-log.ts'
import { createPipeline } from '../pipeline.ts'
import { createRequests } from './requests.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app.stop())

interface Stats {
  totalRequests: number
  denied401: number
  denied403: number
  byOperation: { name: string; count: number }[]
  byStatus: { name: string; count: number }[]
}
const statsOf = async (tenantId: string | null) =>
  (
    await app.ok<{ auditStats: Stats }>(
      `query ($tenantId: String) { auditStats(tenantId: $tenantId) { totalRequests denied401 denied403
        byOperation { name count } byStatus { name count } } }`,
      { tenantId },
    )
  ).auditStats

const record = (over: Partial<RequestRecord>): RequestRecord => ({
  method: 'POST',
  path: '/graphql',
  operation: 'viewer',
  status: 200,
  identity: { kind: 'USER', id: 'ada', name: null, roles: ['VIEWER'], tenantId: 'tenant-figures' },
  clientIp: null,
  requestId: 'r',
  traceId: null,
  durationMs: 1,
  ...over,
})

describe('requests', () => {
  const as = { role: 'VIEWER', tenantId: 'tenant-asking' } as const

  test('are counted by root field and status, in the database, regardless of the name of their operation', async () => {
    await app.ok('query MyOwnName { a: viewer { tenantId } }', {}, { as })
    await app.ok('{ viewer { tenantId } tenants { id } }', {}, { as })
    await app.fails('mutation { deprecateEventType(name: "x") { eventType { name } } }', {}, { as })
    await app.gql('{ nonsense }', {}, { as })
    await app.http('/ready', {}, { as })
    for (const bearer of ['alk_unknown', 'nonsense', '']) await app.gql('{ viewer { id } }', {}, { as: { bearer } })
    await until('the figures are written', async () => {
      const [asking, all] = [await statsOf('tenant-asking'), await statsOf(null)]
      return asking.totalRequests === 5 && all.denied401 === 3
    })
    expect(await statsOf('tenant-asking')).toMatchObject({
      denied401: 0,
      denied403: 1,
      byOperation: [
        { name: 'viewer', count: 2 },
        { name: '/graphql', count: 1 },
        { name: '/ready', count: 1 },
        { name: 'deprecateEventType', count: 1 },
      ],
      byStatus: [
        { name: '200', count: 3 },
        { name: '400', count: 1 },
        { name: '403', count: 1 },
      ],
    })
    const bound = { as: { role: 'ADMIN', tenantId: 'tenant-else' } } as const
    const other = await app.ok<{ auditStats: Stats }>(
      '{ auditStats(tenantId: "tenant-asking") { totalRequests } }',
      {},
      bound,
    )
    expect(other.auditStats.totalRequests).toBe(0)
    // Requests without a key create no entries.
    expect(
      await app.sql(`SELECT FROM audit_entries WHERE actor_name IS DISTINCT FROM 'test VIEWER tenant-asking'`),
    ).toEqual([])
  })

  test('have a line each in the log of requests', async () => {
    const headers = { 'x-request-id': 'req-of-the-line' }
    await app.fails(
      'mutation { pauseWebhook(id: "whk_00000000000000000000000000") { webhook { id } } }',
      {},
      { as, headers },
    )
    await app.http('/nothing?token=secret', {}, { headers: { 'x-request-id': 'req-of-nothing' } })
    const lineOf = (id: string) => app.requests.find((line) => line.request_id === id)
    const line = await until('its line', () => lineOf('req-of-the-line'))
    expect(line).toEqual({
      level: 'info',
      ts: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      service: 'api',
      method: 'POST',
      path: '/graphql',
      operation: 'pauseWebhook',
      status: 403,
      roles: ['VIEWER'],
      actor: expect.stringMatching(/^key_/),
      tenant: 'tenant-asking',
      client_ip: '127.0.0.1',
      request_id: 'req-of-the-line',
      duration_ms: expect.any(Number),
    })
    const nothing = await until('its line', () => lineOf('req-of-nothing'))
    expect(nothing).toMatchObject({ path: '/nothing', operation: 'other', status: 404 })
  })

  test('work without the log', async () => {
    const lines: unknown[] = []
    const requestLog = Object.assign(Object.create(app.core.requestLog), { info: (line: unknown) => lines.push(line) })
    const requests = createRequests({ ...app.core, requestLog, env: { ...app.core.env, REQUEST_LOG: false } })
    requests.done(record({ identity: null }))
    await requests.close()
    expect(lines).toEqual([])
  })
})

describe('figures', () => {
  test('survive their process, and are summed over several', async () => {
    for (let round = 1; round <= 2; round++) {
      const core = createAppContext(app.core.env, 'api', { log: app.core.log, requestLog: app.core.requestLog })
      const pipeline = createPipeline(core)
      const server = createServer(core, pipeline, new Registry())
      const url = `http://127.0.0.1:${await server.start(0, '127.0.0.1')}`
      await Promise.all(Array.from({ length: 7 }, () => fetch(`${url}/ping`, { method: 'DELETE' })))
      await server.stop(5_000)
      await pipeline.close()
      await core.close()
      expect((await statsOf(null)).byStatus).toContainEqual({ name: '405', count: 7 * round })
    }
  })

  test('of a caller that names arbitrary tenants do not displace those of the tenants', async () => {
    const requests = createRequests({ ...app.core, env: { ...app.core.env, AUDIT_BUFFER_LIMIT: 100 } })
    const eve = { kind: 'USER', id: 'eve', name: null, roles: ['VIEWER'], narrowed: true } as const
    for (let i = 0; i < 300; i++) requests.done(record({ identity: { ...eve, tenantId: `tenant-of-eve-${i}` } }))
    const ada = { kind: 'USER', id: 'ada', name: null, roles: ['VIEWER'], tenantId: 'tenant-beside-eve' } as const
    requests.done(record({ identity: ada }))
    await requests.close()
    expect((await statsOf('tenant-beside-eve')).totalRequests).toBe(1)
    expect((await statsOf('tenant-of-eve-1')).totalRequests).toBe(0)
  })

  test('wait while the database is unavailable, up to a limit; above it they are counted together', async () => {
    let isAway = true
    const db: Db = {
      ...app.core.db,
      query: (...args) => (isAway ? Promise.reject(new Error('away')) : app.core.db.query(...args)),
    }
    const requests = createRequests({ ...app.core, db, env: { ...app.core.env, AUDIT_BUFFER_LIMIT: 100 } })
    for (let i = 0; i < 300; i++) requests.done(record({ operation: `operation-${i}` }))
    await requests.flush()
    requests.done(record({ operation: 'operation-1' }))
    isAway = false
    await requests.close()
    const stats = await statsOf('tenant-figures')
    expect(stats).toMatchObject({ totalRequests: 101 })
    expect(stats.byOperation[0]).toEqual({ name: 'operation-1', count: 2 })
    const [other] = await app.sql<{ count: string }>(
      `SELECT count FROM audit_request_stats WHERE operation = 'other' AND status = 200`,
    )
    expect(other).toEqual({ count: '200' })
  })
})
