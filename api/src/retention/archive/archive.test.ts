import { createHash } from 'node:crypto'
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  dayAgo,
  ensurePartitions,
  prune,
  removeEvents,
  scopeOf,
  seedEvents,
  setDays,
} from '../../../test/features/retention.ts'
import { startTestApp, type TestApp } from '../../../test/harness.ts'
import { cloudEventLine, STORED_EVENT_COLUMNS, storedEventOf } from '../../events/cloudevents/stored-event.ts'
import { createUpkeep, type Upkeep } from '../../upkeep.ts'

let directory: string
let app: TestApp
let upkeep: Upkeep
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'archive-test-'))
  app = await startTestApp({
    worker: true,
    env: { EVENT_ARCHIVE_ENABLED: 'true', EVENT_ARCHIVE_DIR: join(directory, 'a') },
  })
  upkeep = createUpkeep(app.core)
})
afterAll(async () => {
  await app.stop()
  await rm(directory, { recursive: true })
})
beforeEach(async () => {
  await removeEvents(app)
  await app.sql(
    'TRUNCATE prune_runs, prune_scopes, retention_policies, legal_holds, feed_horizons, restored_days, archive_files',
  )
  await app.sql('SELECT recount_totals()')
  await ensurePartitions(app, 32)
  await rm(join(directory, 'a'), { recursive: true, force: true })
})

interface Archive {
  id: string
  tenantId: string | null
  day: string
  part: number
  events: number
  bytes: number
  sha256: string
  location: string
  restoredAt: string | null
}
const archives = async (tenantId?: string) =>
  (
    await app.ok<{ archives: { nodes: Archive[] } }>(
      'query ($tenantId: String) { archives(tenantId: $tenantId) { nodes { id tenantId day part events bytes sha256 location restoredAt } } }',
      { tenantId },
    )
  ).archives.nodes
const restore = async (id: string) =>
  (await app.ok<{ restoreArchive: object }>(`mutation { restoreArchive(id: "${id}") { restored skipped } }`))
    .restoreArchive
const verify = async (id: string) =>
  (
    await app.ok<{ verifyArchive: { ok: boolean; events: number; error: string | null } }>(
      `mutation { verifyArchive(id: "${id}") { ok events error } }`,
    )
  ).verifyArchive

/** The CloudEvents form of the events that match a condition on `events e`, by id. */
async function linesOf(condition: string): Promise<string[]> {
  const { rows }: { rows: (string | null)[][] } = await app.core.db.pool.query({
    text: `SELECT ${STORED_EVENT_COLUMNS} FROM events e WHERE ${condition} ORDER BY e.id`,
    rowMode: 'array',
  })
  return rows.map((row) => cloudEventLine(storedEventOf(row)))
}

const contentOf = async ({ location }: { location: string }) =>
  gunzipSync(await readFile(fileURLToPath(location))).toString()

describe('archiving to a directory', () => {
  test('writes a verified file for each tenant and day, with a manifest, before the events are deleted', async () => {
    await seedEvents(app, { tenant: 'tenant-a', daysAgo: 32 })
    await seedEvents(app, { tenant: 'tenant-a', daysAgo: 31 })
    await seedEvents(app, { tenant: null, daysAgo: 31, count: 3 })
    await seedEvents(app, { tenant: 'tenant-b', daysAgo: 31, count: 2 })
    await setDays(app, 'tenant-b', 90)
    const before = await linesOf(
      `tenant_id = 'tenant-a' AND id < uuid7_floor('${dayAgo(31)}'::timestamp AT TIME ZONE 'UTC')`,
    )

    const dry = await prune(app, { dryRun: true })
    const run = await prune(app)
    expect(scopeOf(run, 'tenant-a')).toMatchObject({
      prunedCount: 20,
      archivedCount: 20,
      error: null,
      strategy: 'drop+delete',
    })
    expect(scopeOf(run, 'system')).toMatchObject({ prunedCount: 3, archivedCount: 3 })
    expect({ ...run, id: '', finishedAt: '' }).toEqual({ ...dry, id: '', finishedAt: '', dryRun: false })

    const found = await archives()
    expect(found.map(({ tenantId, day, events }) => [tenantId, day, events]).sort()).toEqual(
      [
        [null, dayAgo(31), 3],
        ['tenant-a', dayAgo(31), 10],
        ['tenant-a', dayAgo(32), 10],
      ].sort(),
    )
    const first = found.find(({ tenantId, day }) => tenantId === 'tenant-a' && day === dayAgo(32))!
    expect(first.location).toMatch(new RegExp(`^file:///.*/a/tenant-a/events-${dayAgo(32)}\\.ndjson\\.gz$`))
    expect(await contentOf(first)).toBe(before.map((line) => `${line}\n`).join(''))
    const stored = await readFile(fileURLToPath(first.location))
    expect(createHash('sha256').update(stored).digest('hex')).toBe(first.sha256)
    const manifest = JSON.parse(
      await readFile(fileURLToPath(first.location.replace('.ndjson.gz', '.manifest.json')), 'utf8'),
    )
    expect(manifest).toMatchObject({
      tenantId: 'tenant-a',
      day: dayAgo(32),
      events: 10,
      sha256: first.sha256,
      bytes: stored.length,
      firstId: JSON.parse(before[0]!).id,
      lastId: JSON.parse(before.at(-1)!).id,
    })
    expect(await readdir(join(directory, 'a/tenant-a'))).toHaveLength(4)
  })

  test('keeps events that could not be archived, records the error in the run, and publishes an event', async () => {
    await seedEvents(app, { tenant: 'tenant-a', daysAgo: 31 })
    await seedEvents(app, { tenant: 'tenant-b', daysAgo: 31 })
    // The directory of one tenant cannot be made.
    await rm(join(directory, 'a'), { recursive: true, force: true })
    await seedEvents(app, { tenant: 'tenant-c', daysAgo: 31, count: 1 })
    await prune(app)
    await seedEvents(app, { tenant: 'tenant-a', daysAgo: 31 })
    await seedEvents(app, { tenant: 'tenant-b', daysAgo: 31 })
    await rm(join(directory, 'a/tenant-a'), { recursive: true })
    await writeFile(join(directory, 'a/tenant-a'), '')
    const run = await prune(app)
    expect(scopeOf(run, 'tenant-a')).toMatchObject({ prunedCount: 0, archivedCount: 0 })
    expect(scopeOf(run, 'tenant-a').error).toMatch(
      new RegExp(`^${dayAgo(31)} could not be archived and was kept: .*E(EXIST|NOTDIR)`),
    )
    expect(scopeOf(run, 'tenant-b')).toMatchObject({ prunedCount: 10, archivedCount: 10, error: null })
    const failed = await app.sql<{ tenant_id: string; payload: { error: string } }>(
      `SELECT tenant_id, payload FROM events WHERE type = 'ops.events.prune.failed'`,
    )
    expect(failed).toMatchObject([{ tenant_id: 'tenant-a', payload: { error: scopeOf(run, 'tenant-a').error } }])
    await rm(join(directory, 'a/tenant-a'))
    expect(scopeOf(await prune(app), 'tenant-a')).toMatchObject({ prunedCount: 10, archivedCount: 10, error: null })
  })

  test('writes events of a day that arrived after its file to a second file', async () => {
    await seedEvents(app, { tenant: 'tenant-a', daysAgo: 31 })
    await prune(app)
    await ensurePartitions(app, 32)
    await seedEvents(app, { tenant: 'tenant-a', daysAgo: 31, count: 4 })
    expect(scopeOf(await prune(app), 'tenant-a')).toMatchObject({ prunedCount: 4, archivedCount: 4 })
    const found = await archives('tenant-a')
    expect(found.map(({ part, events }) => [part, events])).toEqual([
      [2, 4],
      [1, 10],
    ])
    expect(found[0]!.location).toMatch(/-2\.ndjson\.gz$/)
  })

  test('adopts a finished file that has no row, and leaves a different one alone', async () => {
    await seedEvents(app, { tenant: 'tenant-a', daysAgo: 31 })
    await prune(app)
    const [archive] = await archives()
    await restore(archive!.id)
    await app.sql('DELETE FROM archive_files; DELETE FROM restored_days')
    await prune(app)
    const [again] = await archives()
    expect({ ...again, id: '' }).toEqual({ ...archive, id: '' })
    // As after the database was restored to an earlier time: other events, the same name.
    await app.sql('DELETE FROM archive_files')
    await ensurePartitions(app, 32)
    await seedEvents(app, { tenant: 'tenant-a', daysAgo: 31, count: 2 })
    await prune(app)
    const [other] = await archives()
    expect(other).toMatchObject({ part: 2, events: 2 })
    expect(await contentOf(archive!)).toMatch(/^(.*\n){10}$/)
  })
})

describe('an archive file', () => {
  test('that was changed, cut or lost is detected and not restored', async () => {
    await seedEvents(app, { tenant: 'tenant-a', daysAgo: 31 })
    await prune(app)
    const [archive] = await archives()
    const path = fileURLToPath(archive!.location)
    const whole = await readFile(path)
    expect(await verify(archive!.id)).toEqual({ ok: true, events: 10, error: null })
    const damage: [Buffer | null, RegExp][] = [
      [Buffer.concat([whole, whole]), /has SHA-256/],
      [whole.subarray(0, whole.length - 9), /unexpected end of file/],
      [Buffer.from(whole).fill(0, 40, 44), /./],
      [null, /there is no file/],
    ]
    for (const [bytes, problem] of damage) {
      if (bytes) await writeFile(path, bytes)
      else await rm(path)
      const { ok, error } = await verify(archive!.id)
      expect(ok).toBe(false)
      expect(error).toMatch(problem)
      const refused = await app.fails(`mutation { restoreArchive(id: "${archive!.id}") { restored } }`)
      expect(refused).toMatchObject({ code: 'CONFLICT' })
    }
    expect(await linesOf(`type LIKE 'order.%'`)).toEqual([])
    await writeFile(path, whole)
    await appendFile(path.replace('.ndjson.gz', '.manifest.json'), 'x')
    expect(await verify(archive!.id)).toMatchObject({ ok: false, error: expect.stringMatching(/manifest/) })
    const trail = await app.sql(
      `SELECT DISTINCT action, outcome FROM audit_entries WHERE action LIKE 'archive.%' AND target_id = $1 ORDER BY 1, 2`,
      [archive!.id],
    )
    expect(trail).toEqual([
      { action: 'archive.restore', outcome: 'FAILED' },
      { action: 'archive.verify', outcome: 'ALLOWED' },
    ])
  })

  test('is restored once: its events are marked, not delivered, counted and found, and kept for a full period again', async () => {
    await app.ok(
      'mutation { createWebhook(input: { name: "all", url: "http://127.0.0.1:9/", tenantId: "tenant-a", eventTypes: [] }) { webhook { id } } }',
    )
    await seedEvents(app, { tenant: 'tenant-a', daysAgo: 31, payloads: ['{"text":"a needle in hay"}', '{}'] })
    await upkeep.once()
    await prune(app)
    const [archive] = await archives()
    expect(await restore(archive!.id)).toEqual({ restored: 10, skipped: 0 })
    expect(await restore(archive!.id)).toEqual({ restored: 0, skipped: 10 })
    const { events, eventStats } = await app.ok<{
      events: { nodes: { restoredAt: string | null; deliveries: { totalCount: number } }[] }
      eventStats: { total: number }
    }>(
      `{ events(filter: { tenantId: "tenant-a", types: ["order.*"], search: "a needle" }) { nodes { restoredAt deliveries { totalCount } } }
         eventStats(filter: { tenantId: "tenant-a", types: ["order.*"] }) { total } }`,
    )
    expect(eventStats.total).toBe(10)
    expect(events.nodes).toHaveLength(5)
    for (const event of events.nodes)
      expect(event).toEqual({ restoredAt: expect.any(String), deliveries: { totalCount: 0 } })
    // Followers of the feed receive nothing.
    expect((await archives())[0]!.restoredAt).not.toBeNull()
    expect(scopeOf(await prune(app), 'tenant-a')).toMatchObject({ prunedCount: 0 })
    await app.sql(`UPDATE restored_days SET restored_at = now() - interval '31 days'`)
    expect(scopeOf(await prune(app), 'tenant-a')).toMatchObject({ prunedCount: 10, archivedCount: 0, archiveFiles: [] })
    expect(await restore(archive!.id)).toEqual({ restored: 10, skipped: 0 })
  })

  test('restores the same events, byte for byte in their CloudEvents form', async () => {
    const payloads = fc.array(
      fc.oneof(
        fc.jsonValue({ noUnicodeString: false }).map((value) => JSON.stringify(value)),
        fc.jsonValue().map((value) => JSON.stringify(value, null, 2)),
        fc.constantFrom('{ "b" : 1.50e2,\t"a":"\\u0041\\/" }', '1e400', '{"a":1,"a":2}', '[\r\n1]', '"\\u0000"', '[ ]'),
      ),
      { minLength: 1, maxLength: 20 },
    )
    await fc.assert(
      fc.asyncProperty(payloads, fc.constantFrom('tenant-a', null), async (texts, tenant) => {
        await removeEvents(app)
        await app.sql('TRUNCATE restored_days, archive_files')
        await ensurePartitions(app, 32)
        await rm(join(directory, 'a'), { recursive: true, force: true })
        await seedEvents(app, { tenant, daysAgo: 31, count: texts.length, payloads: texts })
        const before = await linesOf(`type LIKE 'order.%'`)
        expect(before).toHaveLength(texts.length)
        await app.retention!.pruner.prune()
        expect(await linesOf(`type LIKE 'order.%'`)).toEqual([])
        const [archive] = await archives()
        expect(await restore(archive!.id)).toEqual({ restored: texts.length, skipped: 0 })
        expect(await linesOf(`type LIKE 'order.%'`)).toEqual(before)
      }),
      { numRuns: 5 },
    )
  }, 120_000)
})
