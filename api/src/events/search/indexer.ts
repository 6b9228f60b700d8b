import type pg from 'pg'
import type { AppContext } from '../../app-context.ts'
import { appendBlocks, type Entry } from './blocks.ts'
import { eventsOf, GEOMETRY, type Geometry } from './bloom.ts'
import { EVERYTHING, type IndexPartition, PROGRESS, systemPartition, tenantPartition } from './partitions.ts'
import { READABLE_PAYLOAD } from './readable-json.ts'
import { EMPTY_STATE, type PartitionState, readStates, waitingOf, withWaiting, writeStates } from './state.ts'

/**
 * The text of `events e` that is searched and indexed. Line breaks separate type and source, so that a lookup can
 * include the start and the end of them.
 */
export const SEARCHED_TEXT = `e.type || E'\\n' || e.source || E'\\n' || coalesce(e.subject, '') || E'\\n' || (${READABLE_PAYLOAD})`

/** Maximum number of events and of payload bytes per transaction. All of them are in memory. */
const CHUNK = 16_384
const CHUNK_BYTES = 32 * 1024 * 1024

/** One pass through the feed. `partitionsOf` returns the index partitions of an event of the tenant. */
interface Pass {
  partition: IndexPartition
  partitionsOf(tenantId: string | null): IndexPartition[]
}

const ALL_EVENTS: Pass = {
  partition: EVERYTHING,
  partitionsOf: (tenantId) => [EVERYTHING, ...(tenantId === null ? [] : [tenantPartition(tenantId)])],
}

async function passes(core: AppContext): Promise<Pass[]> {
  const types = await core.db.query<{ name: string }>('SELECT name FROM event_types WHERE tenant_visible')
  if (types.length === 0) return [ALL_EVENTS]
  const partition = systemPartition(types.map(({ name }) => name))
  return [ALL_EVENTS, { partition, partitionsOf: () => [partition] }]
}

/**
 * Indexes the events that were appended since the last run, in the order of the feed, so that none is missed. A row
 * lock makes workers take turns. Returns whether more may be left.
 */
export async function updateSearchIndex(core: AppContext, geometry: Geometry = GEOMETRY): Promise<boolean> {
  let more = false
  for (const pass of await passes(core)) if (await advance(core, pass, geometry)) more = true
  return more
}

function advance(core: AppContext, { partition, partitionsOf }: Pass, geometry: Geometry): Promise<boolean> {
  return core.db.transaction(async (client) => {
    await client.query('INSERT INTO totals_progress (name) VALUES ($1) ON CONFLICT DO NOTHING', [partition.progress])
    const { rows } = await client.query<{ until: string; first: string | null; head: string | null }>(
      'SELECT until, (SELECT min(seq) FROM events) AS first, (SELECT max(seq) FROM events) AS head FROM totals_progress WHERE name = $1 FOR UPDATE SKIP LOCKED',
      [partition.progress],
    )
    const [row] = rows
    if (!row?.head) return false
    // The first run starts at the oldest event in the feed.
    const from = row.until === '0' ? BigInt(row.first ?? 0) - 1n : BigInt(row.until)
    const head = BigInt(row.head)
    if (head <= from) return false
    await client.query('SET LOCAL enable_seqscan = off; SET LOCAL jit = off')
    const to = await endOfChunk(client, from, head)
    const added = new Map<string, Added>()
    const within = (value: (parameter: unknown) => string) =>
      `e.seq > ${value(from.toString())}::bigint AND e.seq <= ${value(to.toString())}::bigint AND ${partition.condition(value)}`
    for (const entry of await readEntries(client, within)) {
      for (const scope of partitionsOf(entry.tenantId)) {
        const addition = added.get(scope.key) ?? { scope, entries: [] }
        addition.entries.push(entry)
        added.set(scope.key, addition)
      }
    }
    await indexEntries(client, geometry, added, from)
    await client.query('UPDATE totals_progress SET until = $2 WHERE name = $1', [partition.progress, to.toString()])
    return to < head
  })
}

/**
 * The last feed position of a transaction that starts after `from`. At least one event is included, even if it exceeds
 * the limit.
 */
async function endOfChunk(client: pg.PoolClient, from: bigint, head: bigint): Promise<bigint> {
  const most = head - from > CHUNK ? from + BigInt(CHUNK) : head
  const { rows } = await client.query<{ to: string | null }>(
    `SELECT max(seq) AS to FROM (
       SELECT seq, sum(octet_length(payload::text)) OVER (ORDER BY seq) - octet_length(payload::text) AS before
       FROM events WHERE seq > $1 AND seq <= $2) AS e WHERE before < ${CHUNK_BYTES}`,
    [from.toString(), most.toString()],
  )
  return BigInt(rows[0]?.to ?? most)
}

async function readEntries(
  client: pg.PoolClient,
  which: (value: (parameter: unknown) => string) => string,
): Promise<(Entry & { tenantId: string | null })[]> {
  const values: unknown[] = []
  const condition = which((parameter) => `$${values.push(parameter)}`)
  const { rows } = await client.query<[string, string, string | null, string]>({
    text: `SELECT e.id, e.seq, e.tenant_id, ${SEARCHED_TEXT} FROM events e WHERE ${condition} ORDER BY e.seq`,
    values,
    rowMode: 'array',
  })
  return rows.map(([id, seq, tenantId, text]) => ({ id, seq: Number(seq), tenantId, text }))
}

/** New events of one index partition. */
interface Added {
  scope: IndexPartition
  entries: Entry[]
}

/**
 * Indexes the new events of each partition together with its waiting events, if there are enough to fill several
 * blocks. Events that do not fill a block wait.
 */
async function indexEntries(
  client: pg.PoolClient,
  geometry: Geometry,
  added: ReadonlyMap<string, Added>,
  from: bigint,
): Promise<void> {
  const before = await readStates(client, [...added.keys()])
  const after: PartitionState[] = []
  for (const { scope, entries } of added.values()) {
    const state = before.get(scope.key) ?? { ...EMPTY_STATE, scope: scope.key }
    if (state.waiting + entries.length < geometry.together * geometry.block) {
      after.push(withWaiting(state, scope, entries))
      continue
    }
    // Some waiting events may have been pruned in the meantime.
    const waited = state.waiting > 0 ? await readEntries(client, (value) => waitingOf(scope, state, from, value)) : []
    const all = [...waited, ...entries]
    const taken = await appendBlocks(client, geometry, scope, state.indexed, all)
    const lastSeq = all[taken - 1]?.seq ?? state.lastSeq
    const now = { ...EMPTY_STATE, scope: scope.key, indexed: state.indexed + taken, lastSeq }
    after.push(withWaiting(now, scope, all.slice(taken)))
  }
  await writeStates(client, after)
}

/** Deletes the index data of pruned events. Also deletes system partitions of earlier sets of tenant-visible types. */
export async function pruneSearchIndex(core: AppContext, geometry: Geometry = GEOMETRY): Promise<void> {
  const progress = (await passes(core)).map(({ partition }) => partition.progress)
  await core.db.transaction(async (client) => {
    // Waits for indexing and blocks it until the commit.
    await client.query(`SELECT FROM totals_progress WHERE name LIKE '${PROGRESS}%' FOR UPDATE`)
    await dropSegments(client, geometry, `max_ms < ${OLDEST}`)
    const { rows } = await client.query<{ name: string }>(
      `DELETE FROM totals_progress WHERE name LIKE '${PROGRESS} %' AND name <> ALL($1) RETURNING name`,
      [progress],
    )
    const former = rows.map(({ name }) => name.slice(PROGRESS.length + 1))
    for (const table of ['event_scopes', 'event_segments', 'event_sketches', 'event_blocks'])
      await client.query(`DELETE FROM ${table} WHERE scope = ANY($1)`, [former])
    // A partition without events is deleted. When the next event arrives, its numbering starts again.
    await client.query(
      `DELETE FROM event_scopes s WHERE max_ms < ${OLDEST} AND NOT EXISTS (SELECT FROM event_segments g WHERE g.scope = s.scope)`,
    )
  })
}

const OLDEST = `coalesce((SELECT uuid7_ms(id) FROM events ORDER BY id LIMIT 1), max_ms + 1)`

/**
 * Deletes the index data of tenants (null: system events) whose events have been pruned. The partition of all events
 * keeps its data until the oldest event of all tenants is gone.
 */
export async function pruneIndexOf(
  { db }: Pick<AppContext, 'db'>,
  tenants: readonly (string | null)[],
  geometry: Geometry = GEOMETRY,
): Promise<void> {
  for (const tenantId of tenants) {
    await db.transaction(async (client) => {
      await client.query(`SELECT FROM totals_progress WHERE name LIKE '${PROGRESS}%' FOR UPDATE`)
      const ofTenant = tenantId === null ? `scope LIKE 's:%' AND $1::text IS NULL` : `scope = 't:' || $1`
      const oldest = `(SELECT uuid7_ms(id) FROM events WHERE tenant_id ${tenantId === null ? 'IS NULL' : '= $1'} ORDER BY tenant_id, id LIMIT 1)`
      await dropSegments(client, geometry, `${ofTenant} AND max_ms < coalesce(${oldest}, max_ms + 1)`, [tenantId])
    })
  }
}

/** Deletes the segments that match a condition on `event_segments`, with their filters and block lists. */
async function dropSegments(
  client: pg.PoolClient,
  geometry: Geometry,
  condition: string,
  values: unknown[] = [],
): Promise<void> {
  await client.query(
    `WITH gone AS (DELETE FROM event_segments WHERE ${condition} RETURNING scope, level, start),
       blocks AS (DELETE FROM event_blocks b USING gone WHERE b.scope = gone.scope
         AND b.block * ${geometry.block} >= gone.start
         AND b.block * ${geometry.block} < gone.start + ${eventsOf(geometry, 0)} * ${geometry.fanout}::bigint ^ gone.level)
     DELETE FROM event_sketches s USING gone WHERE s.scope = gone.scope AND s.level = gone.level AND s.start = gone.start`,
    values,
  )
}
