import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../test/harness.ts'
import type { Identity } from '../access/identity.ts'
import type { Range } from '../graphql/keyset.ts'
import { uuidFloor, uuidTime } from '../kit/ids.ts'
import { stretchOf } from '../kit/slices.ts'
import { snapshot } from '../kit/snapshot.ts'
import { placesOfQuery } from './candidates.ts'
import { searchEvents } from './list.ts'
import { addBlock, BITS, common, emptySketch, GEOMETRY, type Geometry, merge, placesOf } from './sketch.ts'
import { forgetSketches, keepSketches } from './sketches.ts'
import { type EventFilter, eventQuery } from './where.ts'

function sketch(blocks: number, textsOf: (block: number) => readonly string[]) {
  const made = emptySketch(blocks)
  for (let block = 0; block < blocks; block++) addBlock(made, block, textsOf(block))
  return made
}

test('a text is never denied where it occurs, in whatever case', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    fc.string({ maxLength: 60 }),
    fc.constantFrom('Straße İstanbul KELVIN \u212A\u212A', '{"order":12345,"note":"ÄÖÜ abcd"}'),
  )
  fc.assert(
    fc.property(
      fc.array(text, { minLength: 1, maxLength: 8 }),
      fc.nat(),
      fc.nat(),
      fc.nat(),
      (texts, which, from, length) => {
        const { bits, width } = sketch(8, (block) => (texts[block] === undefined ? [] : [texts[block]]))
        const block = which % texts.length
        const needle = texts[block]!.slice(from % 60, (from % 60) + (length % 60)).toUpperCase()
        const rows = Buffer.concat(placesOf(needle).map((place) => bits.subarray(place * width, (place + 1) * width)))
        // Beyond ASCII capital letters do not always lead back ("ß" to "SS"): there only the text itself is asked for.
        const asked = /^[\x20-\x7e]*$/.test(needle) ? rows : rowsOf(bits, width, needle.toLowerCase())
        if (asked.length > 0 && texts[block]!.toLowerCase().includes(needle.toLowerCase()))
          expect(common(asked, width)).toContain(block)
      },
    ),
  )
})

const rowsOf = (bits: Buffer, width: number, text: string) =>
  Buffer.concat(placesOf(text).map((place) => bits.subarray(place * width, (place + 1) * width)))

test('few blocks have what does not occur', () => {
  const words = (i: number) => [
    `{"order":${i * 7919},"reference":"${(i * 2654435761).toString(16)}","customer":"c-${i}"}`,
  ]
  const { bits, width } = sketch(64, words)
  expect(common(rowsOf(bits, width, 'reference'), width)).toHaveLength(64)
  expect(common(rowsOf(bits, width, 'zebra-crossing'), width)).toEqual([])
  expect(bits).toHaveLength(BITS * 8)
})

test('sketches side by side are the sketch of all', () => {
  const text = (block: number) => [`text number ${block} of many`]
  const all = sketch(32, text)
  const pieces = [0, 1, 2, 3].map((i) => sketch(8, (block) => text(i * 8 + block)).bits)
  expect(merge(pieces, 1).equals(all.bits)).toBe(true)
  expect(GEOMETRY.blocks % 8).toBe(0)
})

/** Segments of 32, 64 and 128 events. */
const SMALL: Geometry = { block: 4, blocks: 8, fanout: 2, levels: 3, parts: 4 }
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
const rows: Row[] = Array.from({ length: 420 }, (_, i) => {
  // Some come late: their ids are older than those before them.
  const ms = NOW - (420 - i) * 1_000 - (i % 17 === 0 ? 90_000 : 0)
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
  // Sketches are made while events come, so that there are segments of every level, and some that are not sketched.
  for (let at = 0; at < rows.length; at += 60) {
    await app.sql(
      `INSERT INTO events (id, seq, tenant_id, type, source, severity, payload, occurred_at, received_at, published_by_kind, published_by_id)
       SELECT x.id, x.seq, x."tenantId", x.type, x.source, 'INFO', x.payload, now(), now(), 'SYSTEM', 'test'
       FROM json_to_recordset($1) AS x(id uuid, seq bigint, "tenantId" text, type text, source text, payload json)`,
      [JSON.stringify(rows.slice(at, at + 60).map((row, i) => ({ ...row, seq: at + i + 1 })))],
    )
    if (at < 360) while (await keepSketches(app.core, SMALL));
  }
})
afterAll(() => app.stop())

test('segments are joined as they become full', async () => {
  const segments = await app.sql<{ level: number; start: string; n: number }>(
    'SELECT level, start, (SELECT count(*)::int FROM event_sketches k WHERE k.level = s.level AND k.start = s.start) AS n FROM event_segments s ORDER BY start',
  )
  expect(segments.map(({ level, start, n }) => [level, Number(start), n])).toEqual([
    [2, 0, 4],
    [2, 128, 4],
    [1, 256, 4],
    [0, 320, 4],
  ])
})

/** Every id that a search finds, by pages. */
async function walk(filter: EventFilter, order: 'asc' | 'desc', identity: Identity): Promise<string[]> {
  const query = eventQuery(identity, filter, ['alpha.done'], NOW)
  const places = query && placesOfQuery(query)
  if (!query || !places) throw new Error('this test asks for what sketches know')
  const ids: string[] = []
  for (;;) {
    const last = ids.at(-1) ?? null
    const cursor = order === 'desc' ? { afterId: last, beforeId: null } : { afterId: null, beforeId: last }
    const range: Range = { ...cursor, order, take: 25 }
    const page = await snapshot(app.core, (read) =>
      searchEvents(read, query, places, stretchOf(query, range), range, SMALL),
    )
    ids.push(...page.map(({ id }) => id))
    if (page.length < 25) return ids
  }
}

test('what is found is what a look at every event finds, in order, page by page', async () => {
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
        const expected = rows
          .filter((row) => {
            const searched = [row.type, row.source, JSON.stringify(row.payload)].map((part) => part.toLowerCase())
            const at = uuidTime(row.id)
            return (
              searched.some((part) => part.includes(text.toLowerCase())) &&
              (!sources || sources.some((source) => source === row.source)) &&
              (!since || at >= since.getTime()) &&
              (!until || at < until.getTime()) &&
              (tenantId === null || row.tenantId === tenantId || (row.tenantId === null && row.type === 'alpha.done'))
            )
          })
          .map(({ id }) => id)
          .sort((a, b) => (a < b === (order === 'asc') ? -1 : 1))
        const identity: Identity = { ...ADMIN, tenantId }
        expect(await walk({ search: text, since, until, sources }, order, identity)).toEqual(expected)
      },
    ),
    { numRuns: 40 },
  )
})

test('sketches of what was pruned go with it', async () => {
  await app.sql('DELETE FROM events WHERE seq <= 345')
  await forgetSketches(app.core)
  expect(await app.sql('SELECT start::int FROM event_segments ORDER BY 1')).toEqual([{ start: 256 }, { start: 320 }])
  expect(await app.sql('SELECT DISTINCT start::int FROM event_sketches ORDER BY 1')).toEqual([
    { start: 256 },
    { start: 320 },
  ])
})
