import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Severity } from '../../../../prisma/generated/client/enums.ts'
import { type As, startTestApp, type TestApp } from '../../../test/harness.ts'
import { publicId, uuidFloor } from '../../kit/ids.ts'
import { updateEventTotals } from '../totals/event-totals.ts'

/** 240 events over the last three days, of three tenants and the system, which differ in every field of a filter. */
interface Row {
  id: string
  receivedAt: number
  tenantId: string | null
  type: string
  source: string
  severity: Severity
  subject: string | null
  payload: object
  correlationId: string | null
}

const uuidv7At = (ms: number, n: number) => `${uuidFloor(ms).slice(0, 14)}7000-8000-${n.toString(16).padStart(12, '0')}`

const HOUR = 3_600_000
const now = Date.now()
const pick = <Value>(values: readonly Value[], i: number): Value => values[i % values.length] as Value
const rows: Row[] = Array.from({ length: 240 }, (_, i) => {
  const receivedAt = now - (240 - i) * 0.31 * HOUR
  return {
    id: uuidv7At(receivedAt, i),
    receivedAt: Math.ceil(receivedAt),
    tenantId: pick(['tenant-1', 'tenant-2', null, 'tenant-1', 'default'], i),
    type: pick(['autoheal.failed', 'autoheal.succeeded', 'autoheal', 'autohealXfailed', 'order.created', 'notice'], i),
    source: pick(['healer', 'shop', 'a_b', 'axb'], i),
    severity: pick(Object.values(Severity), Math.floor(i / 2)),
    subject: pick([null, 'Checkout', '100% done'], i),
    payload: pick([{}, { text: 'Straße "50%"' }, { deep: [{ needle: 'in_a_haystack' }] }], i),
    correlationId: pick([null, 'c-1', 'c-2'], i),
  }
})

let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ clock: () => now })
  // Some are totalled, others not yet; two of those have an id between totalled ones.
  const late = new Set([40, 41])
  await insert(rows.filter((_, i) => i < 200 && !late.has(i)))
  while (await updateEventTotals(app.core));
  await insert(rows.filter((_, i) => i >= 200 || late.has(i)))
  // Tenants see only the system events of this type.
  const input = { name: 'notice', description: 'For all to read.', tenantVisible: true }
  await app.ok('mutation ($input: RegisterEventTypeInput!) { registerEventType(input: $input) { created } }', { input })
})
afterAll(() => app.stop())

let appended = 0
const insert = (some: readonly Row[]) =>
  app.sql(
    `INSERT INTO events (id, seq, tenant_id, type, source, severity, subject, payload, occurred_at, received_at,
       published_by_kind, published_by_id, correlation_id)
     SELECT x.id, x.seq, x."tenantId", x.type, x.source, x.severity::"Severity", x.subject, x.payload, x.at, x.at, 'SYSTEM', 'test', x."correlationId"
     FROM json_to_recordset($1) AS x(id uuid, seq bigint, "tenantId" text, type text, source text, severity text, subject text,
       payload json, at timestamptz, "correlationId" text)`,
    [JSON.stringify(some.map((row) => ({ ...row, seq: ++appended, at: new Date(row.receivedAt) })))],
  )

const PAGE = `query ($filter: EventFilter, $first: Int, $after: String, $last: Int, $before: String) {
  events(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`

interface Page {
  nodes: { id: string }[]
  edges: { cursor: string; node: { id: string } }[]
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null }
}

const ADMIN = { role: 'ADMIN' } satisfies As
const TENANT_1: As = { role: 'VIEWER', tenantId: 'tenant-1' }

const page = async (variables: object, as: As = ADMIN) =>
  (await app.ok<{ events: Page }>(PAGE, variables, { as })).events

/** Every id of a list, read page by page. */
async function walk(filter: object, as: As, direction: 'forth' | 'back'): Promise<string[]> {
  const ids: string[] = []
  for (let cursor: string | null = null; ; ) {
    const variables = direction === 'forth' ? { first: 37, after: cursor } : { last: 37, before: cursor }
    const { nodes, pageInfo } = await page({ filter, ...variables }, as)
    const read = nodes.map((node) => node.id)
    if (direction === 'forth') ids.push(...read)
    else ids.unshift(...read)
    if (!(direction === 'forth' ? pageInfo.hasNextPage : pageInfo.hasPreviousPage)) return ids
    cursor = direction === 'forth' ? pageInfo.endCursor : pageInfo.startCursor
  }
}

const newestFirst = (matches: (row: Row) => boolean) =>
  rows
    .filter(matches)
    .map((row) => publicId('evt', row.id))
    .reverse()

const text = (row: Row) =>
  [row.type, row.source, row.subject ?? '', JSON.stringify(row.payload)].map((s) => s.toLowerCase())
const since = new Date(now - 30 * HOUR)
const until = new Date(now - 10 * HOUR)

const filters: [string, object, (row: Row) => boolean][] = [
  ['nothing', {}, () => true],
  ['empty lists', { types: [], sources: [], severities: [] }, () => true],
  ['a type', { types: ['autoheal'] }, (row) => row.type === 'autoheal'],
  ['a prefix', { types: ['autoheal.*'] }, (row) => row.type.startsWith('autoheal.')],
  [
    'a type and a glob',
    { types: ['notice', '*failed'] },
    (row) => row.type === 'notice' || row.type.endsWith('failed'),
  ],
  ['a source', { sources: ['a_b'] }, (row) => row.source === 'a_b'],
  ['severities', { severities: ['ERROR', 'CRITICAL'] }, (row) => ['ERROR', 'CRITICAL'].includes(row.severity)],
  ['a tenant', { tenantId: 'tenant-2' }, (row) => row.tenantId === 'tenant-2'],
  ['a window', { window: 'LAST_24H' }, (row) => row.receivedAt >= now - 24 * HOUR],
  ['a stretch', { since, until }, (row) => row.receivedAt >= +since && row.receivedAt < +until],
  ['the narrower of two', { since, window: 'LAST_1H' }, (row) => row.receivedAt >= now - HOUR],
  ['a stretch of nothing', { since: until, until: since }, () => false],
  ['a correlation id', { correlationId: 'c-1' }, (row) => row.correlationId === 'c-1'],
  ['text in any case', { search: 'CHECKOUT' }, (row) => text(row).some((s) => s.includes('checkout'))],
  ['text in the payload', { search: 'haystack' }, (row) => text(row).some((s) => s.includes('haystack'))],
  ['text with a %', { search: '0%' }, (row) => text(row).some((s) => s.includes('0%'))],
  ['text with a _', { search: 'a_b' }, (row) => text(row).some((s) => s.includes('a_b'))],
  ['text with a \\', { search: 'a\\b' }, (row) => text(row).some((s) => s.includes('a\\b'))],
  [
    'all at once',
    { types: ['auto*'], severities: ['ERROR'], tenantId: 'tenant-1', since, search: 'heal' },
    (row) =>
      row.type.startsWith('auto') &&
      row.severity === 'ERROR' &&
      row.tenantId === 'tenant-1' &&
      row.receivedAt >= +since,
  ],
]

describe.each(filters)('events by %s', (_what, filter, matches) => {
  test('are returned in order, page by page in both directions', async () => {
    const expected = newestFirst(matches)
    expect(await walk(filter, ADMIN, 'forth')).toEqual(expected)
    expect(await walk(filter, ADMIN, 'back')).toEqual(expected)
  })

  test('of a tenant are its own and system events of visible types', async () => {
    const named = 'tenantId' in filter ? filter.tenantId : null
    const mine = (row: Row) =>
      row.tenantId === 'tenant-1' || (named === null && row.tenantId === null && row.type === 'notice')
    const expected = newestFirst((row) => matches(row) && mine(row))
    expect(await walk(filter, TENANT_1, 'forth')).toEqual(expected)
    expect(await walk(filter, TENANT_1, 'back')).toEqual(expected)
  })

  test('have the same count in the list and in the statistics', async () => {
    for (const as of [ADMIN, TENANT_1]) {
      const query = `query ($filter: EventFilter) { eventStats(filter: $filter) { total last24h
        bySeverity { severity count } byType(first: 3) { name count } timeline(buckets: 7) { start count errors } } }`
      const { eventStats } = await app.ok<{ eventStats: Stats }>(query, { filter }, { as })
      const ids = new Set(await walk(filter, as, 'forth'))
      const found = rows.filter((row) => ids.has(publicId('evt', row.id)))
      const count = (condition: (row: Row) => boolean) => found.filter(condition).length
      expect(eventStats.total).toBe(found.length)
      expect(eventStats.last24h).toBe(count((row) => row.receivedAt >= now - 24 * HOUR))
      expect(eventStats.bySeverity).toEqual(
        Object.values(Severity).map((severity) => ({ severity, count: count((row) => row.severity === severity) })),
      )
      const byType = [...new Set(found.map((row) => row.type))]
        .map((name) => ({ name, count: count((row) => row.type === name) }))
        .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
      expect(eventStats.byType).toEqual(byType.slice(0, 3))
      expect(eventStats.timeline).toHaveLength(7)
      const sum = (of: 'count' | 'errors') => eventStats.timeline.reduce((total, bucket) => total + bucket[of], 0)
      expect(sum('count')).toBe(found.length)
      expect(sum('errors')).toBe(count((row) => row.severity === 'ERROR' || row.severity === 'CRITICAL'))
    }
  })
})

interface Stats {
  total: number
  last24h: number
  bySeverity: { severity: string; count: number }[]
  byType: { name: string; count: number }[]
  timeline: { start: string; count: number; errors: number }[]
}

test('a timeline divides the time range into intervals that begin at whole hours', async () => {
  const query = `query ($filter: EventFilter) { eventStats(filter: $filter) { timeline(buckets: 4) { start count } } }`
  const { eventStats } = await app.ok<{ eventStats: Stats }>(query, { filter: { since, until } })
  const starts = eventStats.timeline.map(({ start }) => Date.parse(start))
  expect(starts[0]).toBe(+since)
  for (const [i, start] of starts.slice(1).entries()) {
    expect(start % HOUR).toBe(0)
    expect(Math.abs(start - (+since + ((i + 1) * (+until - +since)) / 4))).toBeLessThanOrEqual(HOUR / 2)
  }
  expect(eventStats.timeline.map(({ count }) => count)).toEqual(
    starts.map((start, i) => {
      const end = starts[i + 1] ?? +until
      return rows.filter((row) => row.receivedAt >= start && row.receivedAt < end).length
    }),
  )
})

test('another tenant’s event is not found by filter or by id', async () => {
  const foreign = rows.find((row) => row.tenantId === 'tenant-2')
  const hidden = rows.find((row) => row.tenantId === null && row.type !== 'notice')
  const shown = rows.find((row) => row.tenantId === null && row.type === 'notice')
  const ids = [foreign, hidden, shown].map((row) => publicId('evt', row?.id ?? ''))
  const query = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }'
  expect(await app.ok(query, { ids }, { as: TENANT_1 })).toEqual({ nodes: [null, null, { id: ids[2] }] })
  expect(await app.ok(query, { ids })).toEqual({ nodes: ids.map((id) => ({ id })) })
  expect((await page({ filter: { tenantId: 'tenant-2' } }, TENANT_1)).nodes).toEqual([])
})

test('page info is correct, and cursors outlive their rows', async () => {
  const first = await page({ first: 2 })
  expect(first.edges.map((edge) => edge.node)).toEqual(first.nodes)
  expect(first.pageInfo).toEqual({
    hasNextPage: true,
    hasPreviousPage: false,
    startCursor: first.edges[0]?.cursor,
    endCursor: first.edges[1]?.cursor,
  })
  const second = await page({ first: 2, after: first.pageInfo.endCursor })
  expect(second.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true })
  // The list as it would be without the row of the cursor: the next page is the same.
  const filter = { until: new Date(rows[237]?.receivedAt ?? 0) }
  expect((await page({ filter, first: 2, after: first.pageInfo.endCursor })).nodes).toEqual(
    newestFirst((row) => row.receivedAt < +filter.until)
      .slice(0, 2)
      .map((id) => ({ id })),
  )
})

test.each<[string, object, string[]]>([
  ['a bad glob', { filter: { types: ['ok', 'a**'] } }, ['filter', 'types', '1']],
  ['too many values', { filter: { sources: Array(201).fill('x') } }, ['filter', 'sources']],
  ['too long a search', { filter: { search: 'x'.repeat(201) } }, ['filter', 'search']],
  ['a NUL', { filter: { correlationId: 'a\0' } }, ['filter', 'correlationId']],
  ['no tenant', { filter: { tenantId: '..' } }, ['filter', 'tenantId']],
  ['no instant', { filter: { since: '2026-02-30T00:00:00Z' } }, ['filter', 'since']],
  ['first: 0', { first: 0 }, ['first']],
  ['first: 201', { first: 201 }, ['first']],
  ['both ends', { first: 1, last: 1 }, ['last']],
  ['an invalid cursor', { after: 'x' }, ['after']],
])('%s is refused where it stands', async (_what, variables, path) => {
  const error = await app.fails(PAGE, variables)
  expect([error.code, error.path]).toEqual(['BAD_USER_INPUT', path])
})

test.each([
  'byType(first: 0) { name }',
  'byType(first: 201) { name }',
  'timeline(buckets: 0) { count }',
  'timeline(buckets: 501) { count }',
])('%s is refused', async (field) => {
  const error = await app.fails(`{ eventStats { ${field} } }`)
  expect([error.code, error.path]).toEqual(['BAD_USER_INPUT', [/\((\w+)/.exec(field)?.[1]]])
})

test('invalid ids are refused with their path', async () => {
  const nodes = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }'
  const good = publicId('evt', rows[0]?.id ?? '')
  for (const bad of [
    '',
    'evt_',
    'evt_x',
    good.toUpperCase(),
    `${good}0`,
    good.replace('evt', 'abc'),
    rows[0]?.id ?? '',
  ]) {
    expect(await app.fails(nodes, { ids: [good, bad] })).toMatchObject({ code: 'BAD_USER_INPUT', path: ['ids', '1'] })
  }
  expect(await app.fails(nodes, { ids: Array(201).fill(good) })).toMatchObject({
    code: 'BAD_USER_INPUT',
    path: ['ids'],
  })
  expect(await app.ok('query ($id: ID!) { node(id: $id) { id } }', { id: publicId('evt', uuidv7At(5, 5)) })).toEqual({
    node: null,
  })
})
