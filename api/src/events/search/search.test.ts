import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../../test/harness.ts'
import type { KeysetRange } from '../../db/keyset.ts'
import { snapshot } from '../../db/snapshot.ts'
import { timeRangeOf } from '../../db/time-chunks.ts'
import type { Identity } from '../../identity/identity.ts'
import { uuidFloor, uuidTime } from '../../kit/ids.ts'
import { type EventFilter, eventQuery } from '../read/event-filter.ts'
import { searchEvents } from '../read/list.ts'
import type { Geometry } from './bloom.ts'
import { indexedRange } from './candidates.ts'
import { pruneSearchIndex, updateSearchIndex } from './indexer.ts'

/** Segments of 32, 64 and 128 events. */
const SMALL: Geometry = { block: 4, blocks: 8, fanout: 2, levels: 3, parts: 4, together: 1 }
const NOW = Date.now()
const ADMIN: Identity = { kind: 'SYSTEM', id: 'test', name: null, roles: ['ADMIN'], tenantId: null }
const WORDS = ['alpha', 'Bravo', 'charlie', 'DELTA', 'echo_1', '100%', 'Straße', 'a\\b', 'foxtrot', 'golf-77']

interface Row {
  id: string
  tenantId: string | null
  source: string
  type: string
  payload: object
}
const word = (n: number) => WORDS[n % WORDS.length]!
/** The rows that exist from the beginning. */
const FIRST = 420
const rows: Row[] = Array.from({ length: 700 }, (_, i) => {
  // Some are late: their ids are older than those before them.
  const ms = NOW - (700 - i) * 1_000 - (i % 17 === 0 ? 90_000 : 0)
  return {
    id: `${uuidFloor(ms).slice(0, 14)}7000-8000-${i.toString(16).padStart(12, '0')}`,
    tenantId: ['t-1', 't-2', null][i % 3]!,
    source: `service-${i % 5}`,
    type: `${word(i * 7).replaceAll(/[^a-z]/gi, 'x')}.done`,
    payload: { number: i * 37, words: [word(i * 3), word(Math.floor(i / 40))] },
  }
})

let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ clock: () => NOW })
  await app.sql(
    `INSERT INTO event_types (name, description, tenant_visible, updated_at) VALUES ('alpha.done', 'For all to read.', true, now())`,
  )
  // The index is built while events are published, so that there are segments of every level, and unindexed events.
  await append(0, 360)
  while (await updateSearchIndex(app.core, SMALL));
  await append(360, FIRST, false)
})
afterAll(() => app.stop())

async function append(from: number, to: number, sketched = true): Promise<void> {
  for (let at = from; at < to; at += 60) {
    if (sketched) while (await updateSearchIndex(app.core, SMALL));
    await app.sql(
      `INSERT INTO events (id, seq, tenant_id, type, source, severity, payload, occurred_at, received_at, published_by_kind, published_by_id)
       SELECT x.id, x.seq, x."tenantId", x.type, x.source, 'INFO', x.payload, now(), now(), 'SYSTEM', 'test'
       FROM json_to_recordset($1) AS x(id uuid, seq bigint, "tenantId" text, type text, source text, payload json)`,
      [JSON.stringify(rows.slice(at, Math.min(at + 60, to)).map((row, i) => ({ ...row, seq: at + i + 1 })))],
    )
  }
}

test('full segments are merged', async () => {
  const segments = await app.sql<{ scope: string; level: number; start: string; n: number }>(
    `SELECT scope, level, start, (SELECT count(*)::int FROM event_sketches k WHERE (k.scope, k.level, k.start) = (s.scope, s.level, s.start)) AS n
     FROM event_segments s WHERE scope NOT LIKE 's:%' ORDER BY scope, start`,
  )
  expect(segments.map(({ scope, level, start, n }) => [scope, level, Number(start), n])).toEqual([
    ['', 2, 0, 4],
    ['', 2, 128, 4],
    ['', 1, 256, 4],
    ['', 0, 320, 4],
    ['', 0, 352, 4],
    ['t:t-1', 1, 0, 4],
    ['t:t-1', 0, 64, 4],
    ['t:t-1', 0, 96, 4],
    ['t:t-2', 1, 0, 4],
    ['t:t-2', 0, 64, 4],
    ['t:t-2', 0, 96, 4],
  ])
})

/** Every id that a search finds, page by page. */
async function walk(filter: EventFilter, order: 'asc' | 'desc', identity: Identity): Promise<string[]> {
  const query = eventQuery(identity, filter, ['alpha.done'], NOW)
  if (!query) throw new Error('this test asks for what there may be')
  const ids: string[] = []
  for (;;) {
    const last = ids.at(-1) ?? null
    const cursor = order === 'desc' ? { afterId: last, beforeId: null } : { afterId: null, beforeId: last }
    const range: KeysetRange = { ...cursor, order, take: 25 }
    const page = await snapshot(app.core, async (read) => {
      const where = await indexedRange(read, query)
      if (!where) throw new Error('this test asks for what sketches know')
      return searchEvents(read, query, where, timeRangeOf(query, range), range, SMALL)
    })
    ids.push(...page.map(({ id }) => id))
    if (page.length < 25) return ids
  }
}

function isFound(row: Row, text: string, tenantId: string | null): boolean {
  const searched = [row.type, row.source, JSON.stringify(row.payload)].map((part) => part.toLowerCase())
  return (
    searched.some((part) => part.includes(text.toLowerCase())) &&
    (tenantId === null || row.tenantId === tenantId || (row.tenantId === null && row.type === 'alpha.done'))
  )
}

const idsOf = (some: readonly Row[], order: 'asc' | 'desc') =>
  some.map(({ id }) => id).sort((a, b) => (a < b === (order === 'asc') ? -1 : 1))

test('an indexed search returns the same pages as a full scan', async () => {
  const instant = fc.option(
    fc.integer({ min: 0, max: 500 }).map((s) => new Date(NOW - s * 1_000)),
    { nil: null },
  )
  const search = fc.oneof(
    fc.constantFrom(...WORDS.filter((text) => text.length > 3)),
    fc
      .constantFrom('"number":37,', '777', 'words":["alpha","BRAVO"]', 'nowhere', 'service-3', 'echo', '.DONE')
      .filter((t) => t.length > 3),
  )
  await fc.assert(
    fc.asyncProperty(
      search,
      instant,
      instant,
      fc.constantFrom(null, ['service-1'], ['service-1', 'service-2']),
      fc.constantFrom('asc' as const, 'desc' as const),
      fc.constantFrom(null, 't-1'),
      async (text, since, until, sources, order, tenantId) => {
        const matching = rows.slice(0, FIRST).filter((row) => {
          const at = uuidTime(row.id)
          return (
            isFound(row, text, tenantId) &&
            (!sources || sources.some((source) => source === row.source)) &&
            (!since || at >= since.getTime()) &&
            (!until || at < until.getTime())
          )
        })
        const expected = idsOf(matching, order)
        const identity: Identity = { ...ADMIN, tenantId }
        expect(await walk({ search: text, since, until, sources }, order, identity)).toEqual(expected)
      },
    ),
    { numRuns: 40 },
  )
})

test('pruning removes index data, and new events merge with the rest', async () => {
  const PRUNED = 345
  await app.sql('DELETE FROM events WHERE seq <= $1', [PRUNED])
  await pruneSearchIndex(app.core, SMALL)
  const starts = (table: string) =>
    app.sql(`SELECT DISTINCT scope, level, start::int FROM ${table} WHERE scope NOT LIKE 's:%' ORDER BY scope, start`)
  const left = [
    { scope: '', level: 1, start: 256 },
    { scope: '', level: 0, start: 320 },
    { scope: '', level: 0, start: 352 },
    { scope: 't:t-1', level: 0, start: 64 },
    { scope: 't:t-1', level: 0, start: 96 },
    { scope: 't:t-2', level: 0, start: 64 },
    { scope: 't:t-2', level: 0, start: 96 },
  ]
  expect(await starts('event_segments')).toEqual(left)
  expect(await starts('event_sketches')).toEqual(left)

  await append(FIRST, rows.length)
  expect(await starts('event_segments')).toContainEqual({ scope: 't:t-1', level: 2, start: 0 })
  for (const tenantId of [null, 't-1']) {
    const expected = rows.slice(PRUNED).filter((row) => isFound(row, 'alpha', tenantId))
    expect(await walk({ search: 'alpha' }, 'desc', { ...ADMIN, tenantId })).toEqual(idsOf(expected, 'desc'))
  }
})

test('an emptied partition starts again', async () => {
  await app.sql('DELETE FROM events WHERE seq < $1', [rows.length])
  await pruneSearchIndex(app.core, SMALL)
  for (const table of ['event_scopes', 'event_blocks', 'event_segments', 'event_sketches'])
    expect(await app.sql(`SELECT scope FROM ${table}`)).toEqual([])
  while (await updateSearchIndex(app.core, SMALL));
  const last = rows.slice(-1)
  expect(await app.sql('SELECT scope, waiting FROM event_scopes ORDER BY 1')).toEqual([
    { scope: '', waiting: 1 },
    { scope: 't:t-1', waiting: 1 },
  ])
  expect(await walk({ search: '"number":' }, 'desc', { ...ADMIN, tenantId: 't-1' })).toEqual(idsOf(last, 'desc'))
})
