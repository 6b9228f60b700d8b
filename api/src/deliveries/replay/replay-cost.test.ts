import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeDeadLetters } from '../../../test/features/bulk-replay.ts'
import { startTestApp, type TestApp } from '../../../test/harness.ts'
import { newId, tryUuid } from '../../kit/ids.ts'

let app: TestApp
let client: pg.Client
beforeAll(async () => {
  app = await startTestApp()
  client = new pg.Client({ connectionString: app.core.env.DATABASE_URL })
  await client.connect()
})
afterAll(async () => {
  await client.end()
  await app.stop()
})

const COUNT = 600
const CHUNK = 50
/** Rows of deliveries that the replay of a dead letter and its recovery may read. */
const READS = 20

const replay = (ids: readonly string[], replayIds: readonly string[]) =>
  client.query<{ outcome: string }>(
    'SELECT outcome FROM replay_deliveries($1::uuid[], $2::uuid[], $3::bool[], $4::text[], 1000, $5::timestamptz[])',
    [ids, replayIds, ids.map(() => false), ids.map(() => null), ids.map(() => new Date().toISOString())],
  )
const recover = (replayIds: readonly string[]) =>
  client.query<{ n: number }>('SELECT cardinality(mark_recovered($1::uuid[])) AS n', [replayIds])

/** Rows of deliveries that the present transaction has read. */
async function reads(): Promise<number> {
  const { rows } = await client.query<{ n: number }>(
    `SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int AS n FROM pg_stat_xact_user_tables WHERE relname LIKE 'deliveries%'`,
  )
  return rows[0]!.n
}

test('what replays and recoveries read grows with their number alone, also with plans that were made for an empty table', async () => {
  await replay([newId()], [newId()])
  await recover([newId()])
  const { ids } = await makeDeadLetters(app, 'http://127.0.0.1:9/', COUNT)
  const originals = ids.map((id) => tryUuid('dlv', id)!)

  await client.query('BEGIN')
  for (let i = 0; i < COUNT; i += CHUNK) {
    const chunk = originals.slice(i, i + CHUNK)
    const replayIds = chunk.map(() => newId())
    const { rows } = await replay(chunk, replayIds)
    expect(rows.map(({ outcome }) => outcome)).toEqual(chunk.map(() => 'REPLAYED'))
    expect((await recover(replayIds)).rows).toEqual([{ n: CHUNK }])
  }
  expect(await reads()).toBeLessThanOrEqual(READS * COUNT)
  await client.query('ROLLBACK')
})

test('deliveries with the same dead letter in one call are processed in order: one of them is replayed', async () => {
  const { ids } = await makeDeadLetters(app, 'http://127.0.0.1:9/', 1)
  const original = tryUuid('dlv', ids[0]!)!
  const first = newId()
  await replay([original], [first])
  await client.query(
    `UPDATE deliveries SET status = 'DEAD_LETTER', completed_at = db_now(), next_attempt_at = NULL, wake_at = NULL WHERE id = $1`,
    [first],
  )
  const again = [newId(), newId(), newId()]
  const { rows } = await client.query<{ i: number; outcome: string; other: string | null }>(
    `SELECT i, outcome, other FROM replay_deliveries($1::uuid[], $2::uuid[], '{f,f,f}', '{NULL,NULL,NULL}', 1000, $3::timestamptz[]) ORDER BY i`,
    [[first, original, original], again, again.map(() => new Date().toISOString())],
  )
  expect(rows).toEqual([
    { i: 1, outcome: 'UNDER_WAY', other: again[1] },
    { i: 2, outcome: 'REPLAYED', other: null },
    { i: 3, outcome: 'UNDER_WAY', other: again[1] },
  ])
})

const bury = (id: string) =>
  client.query(
    `UPDATE deliveries SET status = 'DEAD_LETTER', completed_at = db_now(), next_attempt_at = NULL, wake_at = NULL WHERE id = $1`,
    [id],
  )

async function replayOnce(id: string, { force = false, deferred = false } = {}) {
  const replayId = newId()
  const { rows } = await client.query<{ outcome: string; other: string | null }>(
    `SELECT outcome, other FROM replay_deliveries(ARRAY[$1::uuid], ARRAY[$2::uuid], ARRAY[$3::bool], ARRAY[NULL], 1000,
       ARRAY[now()], $4)`,
    [id, replayId, force, deferred],
  )
  return { replayId, ...rows[0]! }
}

/** Records that an attempt succeeded. Returns the ids of the deliveries that this recovered. */
async function deliver(id: string, attempt: number): Promise<string[]> {
  const { rows } = await client.query<{ recovered: string[] }>(
    `SELECT o.recovered FROM deliveries d CROSS JOIN LATERAL record_outcomes(ARRAY[d.id], ARRAY[$2::int], '{DELIVERED}', '{8}', '{NULL}',
       ARRAY[d.target_url], '{200}', '{NULL}', '{NULL}', ARRAY[$3::uuid], ARRAY[d.webhook_id], ARRAY[now()], '{1}', ARRAY['{}'], '{NULL}', '{NULL}',
       '{f}') AS o WHERE d.id = $1`,
    [id, attempt, newId()],
  )
  return rows[0]!.recovered
}

test('a delivered replay whose recovery is marked later prevents another replay before and after that', async () => {
  const { ids } = await makeDeadLetters(app, 'http://127.0.0.1:9/', 1)
  const dead = tryUuid('dlv', ids[0]!)!
  const failed = (await replayOnce(dead)).replayId
  await bury(failed)
  const { replayId } = await replayOnce(dead, { deferred: true })
  expect(await deliver(replayId, 1)).toEqual([])
  for (const id of [dead, failed]) expect(await replayOnce(id)).toMatchObject({ outcome: 'RECOVERED', other: replayId })
  expect((await recover([replayId])).rows).toEqual([{ n: 2 }])
  expect(await replayOnce(dead)).toMatchObject({ outcome: 'RECOVERED', other: replayId })

  // After the recovery a replay was forced and failed. It may be replayed.
  const forced = (await replayOnce(dead, { force: true })).replayId
  await bury(forced)
  expect(await replayOnce(forced)).toMatchObject({ outcome: 'REPLAYED' })
})

test('the recovery by a retry or by the replay of a replay is marked with the attempt', async () => {
  const { ids } = await makeDeadLetters(app, 'http://127.0.0.1:9/', 2)
  const [one, two] = ids.map((id) => tryUuid('dlv', id)!)
  const retried = (await replayOnce(one!, { deferred: true })).replayId
  await client.query('UPDATE deliveries SET attempt_count = 1 WHERE id = $1', [retried])
  expect(await deliver(retried, 2)).toEqual([one])

  const failed = (await replayOnce(two!, { deferred: true })).replayId
  await bury(failed)
  const { replayId } = await replayOnce(failed, { deferred: true })
  expect((await deliver(replayId, 1)).toSorted()).toEqual([two, failed].toSorted())
})
