import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dayAgo, ensurePartitions, prune, seedEvents } from '../../../test/features/retention.ts'
import { startTestApp, type TestApp } from '../../../test/harness.ts'
import { fillDisk, mountSmallDisk, unmountSmallDisk } from '../../../test/servers/small-disk.ts'

const MIB = 2 ** 20
const DAY = dayAgo(31)
/** Incompressible: two of them need a file of about 2 MiB. */
const PAYLOADS = Array.from({ length: 2 }, () => JSON.stringify(randomBytes(MIB).toString('base64')))

const directory = mkdtempSync(join(tmpdir(), 'archive-disk-'))
const disk = join(directory, 'disk')
const filler = join(disk, 'filler')
const root = join(disk, 'archive')
let app: TestApp
let isMounted = false
beforeAll(async () => {
  mkdirSync(disk)
  isMounted = mountSmallDisk(disk, 4)
  app = await startTestApp({ worker: true, env: { EVENT_ARCHIVE_ENABLED: 'true', EVENT_ARCHIVE_DIR: root } })
  await ensurePartitions(app, 32)
})
afterAll(async () => {
  await app.stop()
  if (isMounted) unmountSmallDisk(disk)
  rmSync(directory, { recursive: true })
})

const orders = (tenant: string) =>
  app.sql(`SELECT id, payload::text FROM events WHERE tenant_id = $1 AND type LIKE 'order.%' ORDER BY id`, [tenant])
const scopeOf = async (tenant: string) => (await prune(app)).scopes.find(({ scope }) => scope === tenant)

test.for([
  ['before the first byte', 'tenant-none', 0],
  ['in the middle of the file', 'tenant-some', MIB],
] as const)(
  'keeps the events and no part of a file when the disk is full %s, and continues when there is space',
  async ([, tenant, free], { skip }) => {
    if (!isMounted) return skip('this machine lets nobody mount a file system')
    await seedEvents(app, { tenant, daysAgo: 31, count: 2, payloads: PAYLOADS })
    const before = await orders(tenant)
    mkdirSync(join(root, tenant), { recursive: true })
    fillDisk(filler)
    truncateSync(filler, statSync(filler).size - free)

    const failed = await scopeOf(tenant)
    expect(failed).toMatchObject({ prunedCount: 0, archivedCount: 0, archiveFiles: [] })
    expect(failed?.error).toMatch(`${DAY} could not be archived and was kept: ${root}: ENOSPC: no space left on device`)
    expect(await readdir(join(root, tenant))).toEqual([])
    expect(await orders(tenant)).toEqual(before)
    expect(await app.sql('SELECT FROM archive_files WHERE tenant_id = $1', [tenant])).toEqual([])

    rmSync(filler)
    expect(await scopeOf(tenant)).toMatchObject({ prunedCount: 2, archivedCount: 2, error: null })
    expect(await orders(tenant)).toEqual([])
    const { archives } = await app.ok<{ archives: { nodes: { id: string }[] } }>(
      'query ($tenantId: String) { archives(tenantId: $tenantId) { nodes { id } } }',
      { tenantId: tenant },
    )
    expect(archives.nodes).toHaveLength(1)
    expect(await app.ok(`mutation { restoreArchive(id: "${archives.nodes[0]!.id}") { restored } }`)).toEqual({
      restoreArchive: { restored: 2 },
    })
    expect(await orders(tenant)).toEqual(before)
    rmSync(root, { recursive: true })
  },
)
