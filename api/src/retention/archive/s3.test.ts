import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { dayAgo, ensurePartitions, prune, removeEvents, seedEvents } from '../../../test/features/retention.ts'
import { startTestApp, type TestApp } from '../../../test/harness.ts'
import { cutBody, type Fault, flipByte, type S3Server, startS3Server } from '../../../test/servers/s3-server.ts'

let s3: S3Server
let app: TestApp
beforeAll(async () => {
  s3 = await startS3Server()
  app = await startTestApp({ worker: true, env: s3.env })
})
afterAll(async () => {
  await app.stop()
  await s3.close()
})
beforeEach(async () => {
  await removeEvents(app)
  await app.sql('TRUNCATE prune_runs, prune_scopes, feed_horizons, restored_days, archive_files')
  await ensurePartitions(app, 32)
})

const DAY = dayAgo(31)
const file = (tenant: string) => `events/${tenant}/events-${DAY}.ndjson.gz`
const manifest = (tenant: string) => `events/${tenant}/events-${DAY}.manifest.json`
const keysOf = async (tenant: string) => (await s3.keys()).filter((key) => key.includes(`/${tenant}/`))
const events = (tenant: string) =>
  app.sql<{ payload: string }>(
    `SELECT payload::text FROM events WHERE tenant_id = $1 AND type LIKE 'order.%' ORDER BY id`,
    [tenant],
  )

/** Payloads that cannot be compressed, so that a few of them require a multipart upload. */
const LARGE = Array.from({ length: 2 }, () => JSON.stringify(randomBytes(5 * 1024 * 1024).toString('base64')))

/** Applies a fault to the requests of one method whose path contains a text. */
const on =
  (method: string, path: string, fault: Fault): Fault =>
  (request, response, pass) =>
    request.method === method && decodeURIComponent(String(request.url)).includes(path)
      ? fault(request, response, pass)
      : pass()

const refuse =
  (status: number, code: string): Fault =>
  (request, response) => {
    request.resume()
    response
      .writeHead(status, { 'content-type': 'application/xml' })
      .end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`)
  }

const scope = async (tenant: string) => {
  const run = await prune(app)
  return run.scopes.find((one) => one.scope === tenant)
}

async function restoreAll(tenant: string): Promise<void> {
  const { archives } = await app.ok<{ archives: { nodes: { id: string }[] } }>(
    'query ($tenantId: String) { archives(tenantId: $tenantId) { nodes { id } } }',
    { tenantId: tenant },
  )
  for (const { id } of archives.nodes) await app.ok(`mutation { restoreArchive(id: "${id}") { restored } }`)
}

const UPLOADS = [
  ['an upload that is cut in the middle', 'cut', on('PUT', 'cut/events', cutBody)],
  ['a part of a large upload that is cut', 'cut-part', on('PUT', 'partNumber=2', cutBody)],
  ['a store that is full', 'full', on('PUT', 'full/events', refuse(507, 'InsufficientStorage'))],
  ['a store that refuses the credentials', 'denied', on('PUT', 'denied/events', refuse(403, 'AccessDenied'))],
  ['a manifest that cannot be written', 'manifest', on('PUT', '.manifest.json', cutBody)],
  ['a file that reads back with another checksum', 'flipped', on('GET', 'flipped/events-', flipByte)],
] as const

test.each(UPLOADS)('keeps the events at %s, reports that, and archives them once later', async (_, tenant, fault) => {
  const payloads = tenant === 'cut-part' ? LARGE : ['{"n":1}']
  await seedEvents(app, { tenant, daysAgo: 31, count: 2, payloads })
  const before = await events(tenant)
  s3.fault = fault
  const failed = await scope(tenant).finally(() => {
    s3.fault = null
  })
  expect(failed).toMatchObject({ prunedCount: 0, archivedCount: 0, archiveFiles: [] })
  expect(failed?.error).toMatch(new RegExp(`^${DAY} could not be archived and was kept: .+`))
  expect(await events(tenant)).toEqual(before)
  expect(await keysOf(tenant)).toEqual([])

  expect(await scope(tenant)).toMatchObject({
    prunedCount: 2,
    archivedCount: 2,
    error: null,
    archiveFiles: [`s3://archive/${file(tenant)}`],
  })
  expect(await events(tenant)).toEqual([])
  expect(await keysOf(tenant)).toEqual([manifest(tenant), file(tenant)])
  await restoreAll(tenant)
  expect(await events(tenant)).toEqual(before)
})
