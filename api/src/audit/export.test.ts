import { request } from 'node:http'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp, until } from '../../test/harness.ts'
import { canonicalHash, GENESIS } from './canonical.ts'
import { csvRow } from './csv.ts'
import { appendEntry, type Caller } from './entry.ts'

const TENANT = 'tenant-export'
const NAMES =
  'id,at,actor_kind,actor_id,actor_name,roles,tenant_id,action,target_type,target_id,outcome,before,after,client_ip,request_id,seq,prev_hash,hash'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ expectErrors: true })
  for (const name of ['=HYPERLINK("http://x")', 'a "quoted", name', 'plain']) await append(name)
})
afterAll(() => app.stop())

const ada = (name: string): Caller => ({
  identity: { kind: 'USER', id: 'ada', name, roles: ['ADMIN'], tenantId: null },
  clientIp: '127.0.0.1',
  requestId: null,
})
const append = (name: string, tenantId = TENANT) =>
  appendEntry(app.core.db.pool, ada(name), {
    action: 'webhook.pause',
    target: { type: 'webhook', id: 'whk_1' },
    tenantId,
    outcome: 'ALLOWED',
    before: null,
    after: { state: 'PAUSED' },
  })
const exported = async (parameters: string) => {
  const response = await app.http(`/exports/audit?${parameters}`)
  return { response, text: await response.text() }
}

/** Parses a text by RFC 4180. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [[]]
  for (const [, quoted, bare, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    rows.at(-1)!.push(quoted?.replaceAll('""', '"') ?? bare ?? '')
    if (end !== ',') rows.push([])
  }
  return rows.slice(0, -1)
}

describe('a row of CSV', () => {
  test('is parsed back unchanged, except for formulas', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string({
            unit: fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', '＝', '＠', '"', ',', "'", 'ä', '1'),
          }),
          {
            minLength: 1,
          },
        ),
        (cells) => {
          const [read] = readCsv(csvRow(cells))
          expect(read).toEqual(cells.map((cell) => (/^[=+\-@\t\r\n＝＠]/.test(cell) ? `'${cell}` : cell)))
        },
      ),
    )
  })
})

describe('the export', () => {
  test('is CSV with a header row, oldest first, of the entries that match the filter', async () => {
    const { response, text } = await exported(`format=csv&tenantId=${TENANT}&actions=webhook.*`)
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present')
    expect(response.headers.get('content-disposition')).toMatch(/^attachment; filename="audit-[\dT-]+\.csv"$/)
    const [names, ...rows] = readCsv(text)
    expect(names?.join(',')).toBe(NAMES)
    expect(rows.map((row) => row[4])).toEqual([`'=HYPERLINK("http://x")`, 'a "quoted", name', 'plain'])
    expect(rows.map((row) => row[15])).toEqual(['1', '2', '3'])
  })

  test('is NDJSON from which its chain can be verified without other data', async () => {
    const { response, text } = await exported(`format=ndjson&tenantId=${TENANT}`)
    expect(response.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8')
    const rows = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string | null>)
    const ids = await app.sql<{ id: string }>('SELECT id FROM audit_entries WHERE chain = $1 ORDER BY seq', [TENANT])
    let last = GENESIS
    for (const [i, row] of rows.entries()) {
      expect(row.prev_hash).toBe(last)
      const { actor_kind, actor_id, actor_name, roles, tenant_id, action, target_type, target_id } = row
      const who = [actor_kind!, actor_id!, actor_name!, roles!, tenant_id!, action!, target_type!, target_id!]
      const what = [row.outcome!, row.before!, row.after!, row.client_ip!, row.request_id!]
      expect(canonicalHash([row.tenant_id ?? '', row.seq!, last, ids[i]!.id, row.at!, ...who, ...what])).toBe(row.hash)
      last = row.hash!
    }
  })

  test('is an entry itself, and is refused without it', async () => {
    const exports = async () =>
      app.sql<{ after: object; outcome: string }>(
        `SELECT after, outcome FROM audit_entries WHERE action = 'audit.export' ORDER BY id DESC`,
      )
    const { text } = await exported(`format=ndjson&tenantId=tenant-without`)
    expect(text).toBe('')
    expect((await exports())[0]).toEqual({
      after: { format: 'ndjson', filter: { tenantId: 'tenant-without' } },
      outcome: 'ALLOWED',
    })
    await app.sql(`ALTER TABLE audit_entries ADD CONSTRAINT broken CHECK (action <> 'audit.export') NOT VALID`)
    const { response } = await exported('format=csv')
    await app.sql('ALTER TABLE audit_entries DROP CONSTRAINT broken')
    expect(response.status).toBe(500)
  })

  test('contains one tenant for an identity that is bound to it', async () => {
    const response = await app.http(
      '/exports/audit?format=ndjson',
      {},
      { as: { role: 'ADMIN', tenantId: 'tenant-bound' } },
    )
    expect(await response.text()).toBe('')
    const foreign = await app.http(
      `/exports/audit?tenantId=${TENANT}`,
      {},
      { as: { role: 'ADMIN', tenantId: 'tenant-bound' } },
    )
    expect(await foreign.text()).toBe(`${NAMES}\r\n`)
  })

  test.each([
    ['format=xml', 'format: expected csv or ndjson'],
    ['format=csv&format=csv', 'format: is given more than once'],
    ['__proto__=x', '__proto__: is not a parameter'],
    ['constructor=x&toString=y', 'constructor: is not a parameter'],
    ['outcomes=MAYBE', 'outcomes: expected ALLOWED, DENIED or FAILED'],
    ['since=yesterday', 'since: expected an instant such as 2026-01-31T00:00:00Z'],
    ['tenantId=No%20Tenant', 'tenantId: "No Tenant" is not a tenant'],
    ['page=2', 'page: is not a parameter; expected format, actorIds'],
  ])('refuses %s, saying what would do', async (parameters, detail) => {
    const { response, text } = await exported(parameters)
    expect(response.status).toBe(400)
    expect(JSON.parse(text)).toMatchObject({ code: 'BAD_USER_INPUT', detail: expect.stringContaining(detail) })
  })

  describe('of many entries', () => {
    const MANY = 6_000
    const LONG = 2_500
    beforeAll(async () => {
      await app.sql(`INSERT INTO audit_chains (chain, seq, hash) VALUES ('tenant-many', ${MANY}, '')`)
      // Older than the export, which ends at its own entry.
      await app.sql(
        `INSERT INTO audit_entries (id, chain, seq, at, actor_kind, actor_id, actor_name, roles, tenant_id, action, outcome, prev_hash, hash)
         SELECT ('00000000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid, 'tenant-many', i, now(), 'USER', 'bulk', repeat('n', ${LONG}),
           '{ADMIN}', 'tenant-many', 'a', 'ALLOWED', '', '' FROM generate_series(1, ${MANY}) i`,
      )
    })

    test('contains each once', async () => {
      const { text } = await exported('format=ndjson&tenantId=tenant-many')
      const seqs = text
        .trimEnd()
        .split('\n')
        .map((line) => Number((JSON.parse(line) as { seq: string }).seq))
      expect(seqs).toEqual(Array.from({ length: MANY }, (_, i) => i + 1))
    })

    test('waits for a slow reader, and is aborted when the database becomes unavailable', async () => {
      const opened = await open('/exports/audit?format=csv&tenantId=tenant-many')
      // It exceeds the buffers in between: the rest is read only when it can be sent.
      await app.sql(`ALTER TABLE audit_entries RENAME TO gone`)
      const [outcome, bytes] = await opened.rest()
      await app.sql(`ALTER TABLE gone RENAME TO audit_entries`)
      expect(outcome).toBe('aborted')
      expect(bytes).toBeLessThan(MANY * LONG)
    })

    test('ends when its reader disconnects', async () => {
      const { destroy } = await open('/exports/audit?format=csv&tenantId=tenant-many')
      const logged = app.logs.length
      destroy()
      await until('its request is over', () => app.requests.some((line) => line.request_id === 'req-of-the-reader'))
      expect(app.logs.slice(logged).filter(({ level }) => level === 'error')).toEqual([])
    })
  })
})

/** Starts to read a response and stops after its head. */
async function open(path: string) {
  const { headers } = await keyed()
  return new Promise<{ rest: () => Promise<[string, number]>; destroy: () => void }>((resolve, reject) => {
    const sent = request(`${app.url}${path}`, { headers }, (response) => {
      response.pause()
      let bytes = 0
      resolve({
        rest: () =>
          new Promise((done) => {
            response.on('data', (chunk: Buffer) => {
              bytes += chunk.length
            })
            response.on('end', () => done(['ended', bytes]))
            response.on('error', () => done(['aborted', bytes]))
            response.resume()
          }),
        destroy: () => sent.destroy(),
      })
    })
    sent.on('error', reject).end()
  })
}

async function keyed() {
  const body = JSON.stringify({ role: 'ADMIN' })
  const answer = await app.http('/auth/dev', { method: 'POST', body, headers: { 'content-type': 'application/json' } })
  const { token } = (await answer.json()) as { token: string }
  return { headers: { authorization: `Bearer ${token}`, 'x-request-id': 'req-of-the-reader' } }
}
