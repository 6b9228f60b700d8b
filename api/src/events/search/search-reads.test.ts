import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../../test/harness.ts'
import { type Statement, watchStatements } from '../../../test/statements.ts'
import type { Identity } from '../../identity/identity.ts'
import { uuidFloor } from '../../kit/ids.ts'
import { type Catalogue, createCatalogue } from '../catalogue/catalogue.ts'
import type { EventFilter } from '../read/event-filter.ts'
import { listEvents } from '../read/list.ts'
import { eventStats } from '../read/stats.ts'
import { pruneSearchIndex, updateSearchIndex } from './indexer.ts'

/*
 * The rows that a search of a bound identity reads must not depend on the texts of others' events: the duration would
 * otherwise reveal whether a text occurs there, so that names, keys and ids could be guessed.
 */

const NOW = Date.now()
const OWN: Identity = { kind: 'SYSTEM', id: 'test', name: null, roles: ['VIEWER'], tenantId: 't-a' }
const ALL: Identity = { ...OWN, tenantId: null }

/**
 * Some of the first events are in blocks and the others wait for a full block; no worker has indexed the later ones.
 */
const SKETCHED = 4_500
const EVENTS = 4_540

interface Row {
  id: string
  seq: number
  tenantId: string | null
  type: string
  subject: string
  text: string
}
/**
 * Five publishers in turn, so that each is in every part of the feed. `saying` is a text in some of the events that a
 * tenant does not see.
 */
const world = (saying: string, otherwise: string): Row[] =>
  Array.from({ length: EVENTS }, (_, i) => {
    const [tenantId, type] = [['t-a'], ['t-b'], ['t-c'], [null, 'notice'], [null, 'secret']][i % 5]!
    const seen = tenantId === 't-a' || type === 'notice'
    const said = seen ? (i % 7 === 0 ? 'harbour-2203' : 'marina') : i % 3 === 0 ? saying : otherwise
    return {
      id: `${uuidFloor(NOW - (EVENTS - i) * 1_000).slice(0, 14)}7000-8000-${i.toString(16).padStart(12, '0')}`,
      seq: i + 1,
      tenantId: tenantId ?? null,
      type: type ?? 'order.placed',
      subject: said,
      text: `${said} ${i}`,
    }
  })

const GUESSED = 'zanzibar-4711'
const ABSENT = 'quagmire-0815'
/** Only others' events contain it: in blocks, among the waiting ones, and among those that no worker has indexed. */
const GUESS = world(GUESSED, 'something')
/** As long, but in no event. */
const OTHER = world('zucchini_9999', 'whatever?')

let app: TestApp
let catalogue: Catalogue
beforeAll(async () => {
  app = await startTestApp({ clock: () => NOW })
  catalogue = createCatalogue(app.core)
})
afterAll(async () => {
  catalogue.close()
  await app.stop()
})
beforeEach(() => see('notice'))

async function see(...types: string[]): Promise<void> {
  await app.sql('DELETE FROM event_types')
  await app.sql(
    `INSERT INTO event_types (name, description, tenant_visible, updated_at) SELECT t, 'For all to read.', true, now() FROM unnest($1::text[]) AS t`,
    [types],
  )
  catalogue.changed('')
}

async function fill(rows: readonly Row[], sketched = SKETCHED): Promise<void> {
  await app.sql('TRUNCATE events, event_scopes, event_blocks, event_segments, event_sketches')
  await app.sql(`UPDATE totals_progress SET until = 0 WHERE name LIKE 'sketches%'`)
  // In rounds, as a worker indexes them.
  const half = Math.floor(sketched / 2)
  for (const [from, to] of [
    [0, half],
    [half, sketched],
    [sketched, EVENTS],
  ] as const) {
    await app.sql(
      `INSERT INTO events (id, seq, tenant_id, type, source, severity, subject, payload, occurred_at, received_at, published_by_kind, published_by_id)
       SELECT x.id, x.seq, x."tenantId", x.type, 'shop', 'INFO', x.subject, json_build_object('text', x.text), $2, $2, 'SYSTEM', 'test'
       FROM json_to_recordset($1) AS x(id uuid, seq bigint, "tenantId" text, type text, subject text, text text)`,
      [JSON.stringify(rows.slice(from, to)), new Date(NOW)],
    )
    if (to <= sketched) while (await updateSearchIndex(app.core));
  }
  // The statistics of the planner contain frequent texts and all sizes.
  await app.sql('ANALYZE events, event_scopes, event_blocks, event_segments, event_sketches')
}

/** All results of a search: its list page by page, in either order, and its figures. */
async function ask(identity: Identity, filter: EventFilter): Promise<{ ids: string[]; total: number }> {
  const fetch = await listEvents(app.core, catalogue, identity, filter)
  const ids: string[] = []
  for (;;) {
    const page = await fetch({ afterId: ids.at(-1) ?? null, beforeId: null, order: 'desc', take: 40 })
    ids.push(...page.map(({ id }) => id))
    if (page.length < 40) break
  }
  await fetch({ afterId: null, beforeId: null, order: 'asc', take: 40 })
  const stats = await eventStats(app.core, catalogue, identity, filter)
  const total = await stats.total()
  await stats.byType(10)
  await stats.timeline(5)
  return { ids, total }
}

async function statementsOf(identity: Identity, filter: EventFilter): Promise<Statement[]> {
  await catalogue.all()
  const watched = watchStatements(app.core.db)
  try {
    await ask(identity, filter)
  } finally {
    watched.stop()
  }
  // PostgreSQL decides the order in which bits are combined by the sizes of its tables; the order does not matter.
  for (const { rows = [] } of watched.statements) for (const row of rows as { bytes?: Buffer }[]) row.bytes?.sort()
  // A snapshot does not wait for its COMMIT, which may or may not be recorded by now.
  return watched.statements.filter(({ text }) => text !== 'COMMIT')
}

/** The plans of the statements that read texts, each with the settings of its transaction. */
const plansOf = (statements: readonly Statement[]) =>
  app.core.db.transaction(async (client) => {
    const plans: unknown[] = []
    for (const { text, values } of statements) {
      if (text.startsWith('BEGIN')) await client.query(`RESET ALL; ${text.slice(text.indexOf(';') + 1)}`)
      if (/ILIKE|e\.source = /.test(text))
        plans.push((await client.query(`EXPLAIN (COSTS OFF) ${text}`, [...values])).rows)
    }
    return plans
  })

const FILTERS: readonly [string, EventFilter][] = [
  ['what others say', { search: GUESSED }],
  ['in a stretch of time', { search: GUESSED, since: new Date(NOW - 3_000_000), until: new Date(NOW - 20_000) }],
  ['with a type', { search: GUESSED, types: ['order.placed'] }],
  ['the least that sketches know', { search: 'zanz' }],
  ['less than they know, by which every event is looked at', { search: '471' }],
  ['what it says itself', { search: 'harbour-2203' }],
  ['what others may say instead', { search: 'whatever?' }],
  ['a source', { sources: [GUESSED] }],
]

describe('a search of a tenant', () => {
  test.each(FILTERS)('reads the same rows regardless of what other tenants publish: %s', async (_, filter) => {
    await fill(GUESS)
    const one = await statementsOf(OWN, filter)
    const plans = await plansOf(one)
    await fill(OTHER)
    const other = await statementsOf(OWN, filter)
    expect(other).toEqual(one)
    expect(await plansOf(other)).toEqual(plans)
    expect(plans.length).toBeGreaterThan(3)
  })

  test('reads the same rows for texts of other tenants as for texts that do not exist', async () => {
    await fill(GUESS)
    // Without the text itself and the positions of its runs in the filters.
    const read = async (search: string) =>
      (await statementsOf(OWN, { search })).map(({ text, values, rows }) =>
        text.includes('event_sketches')
          ? { text, values: values.slice(0, 4), rows: rows?.length }
          : { text, values: JSON.stringify(values).replaceAll(search, '*'), rows },
      )
    expect(await read(GUESSED)).toEqual(await read(ABSENT))
  })

  test.each([
    ['indexed in whole blocks', 4_480],
    ['indexed and waiting', SKETCHED],
    ['not indexed', 0],
  ])('is found where it may be seen, and by who sees everything everywhere: %s', async (_, sketched) => {
    await fill(GUESS, sketched)
    for (const search of [GUESSED, 'harbour-2203', 'marina', 'something', '22', 'absent']) {
      const found = GUESS.filter(({ text }) => text.includes(search)).reverse()
      const seen = found.filter(({ tenantId, type }) => tenantId === 't-a' || type === 'notice')
      for (const [identity, rows] of [
        [ALL, found],
        [OWN, seen],
      ] as const) {
        const { ids, total } = await ask(identity, { search })
        expect(ids, search).toEqual(rows.map(({ id }) => id))
        expect(total).toBe(rows.length)
      }
      const { ids } = await ask(ALL, { search, tenantId: 't-b' })
      expect(ids).toEqual(found.filter(({ tenantId }) => tenantId === 't-b').map(({ id }) => id))
    }
  })
})

test('newly visible types are found immediately and indexed by the next run', async () => {
  await fill(GUESS)
  await see('notice', 'secret')
  const expected = GUESS.filter(({ type, text }) => type === 'secret' && text.includes(GUESSED)).reverse()
  const scopes = () => app.sql<{ scope: string }>(`SELECT scope FROM event_scopes WHERE scope LIKE 's:%'`)
  const before = await scopes()
  expect((await ask(OWN, { search: GUESSED })).ids).toEqual(expected.map(({ id }) => id))
  while (await updateSearchIndex(app.core));
  await pruneSearchIndex(app.core)
  const after = await scopes()
  expect([before.length, after.length]).toEqual([1, 1])
  expect(after).not.toEqual(before)
  expect((await ask(OWN, { search: GUESSED })).ids).toEqual(expected.map(({ id }) => id))
})
