import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { cloudEventLine } from '../../events/cloudevents/stored-event.ts'
import { publicId } from '../../kit/ids.ts'
import { type Day, dayName } from '../policies/policy.ts'
import { createMeter, inspect, type Measured } from './inspect.ts'
import {
  archiveName,
  type Manifest,
  manifestName,
  manifestOf,
  manifestText,
  readManifest,
  readText,
} from './manifest.ts'
import { type DayRange, hasEvents, readDay, type SqlClient } from './read-day.ts'
import type { ArchiveStore } from './store.ts'

/** An archive file that is complete and verified. The caller still has to insert its row. */
export interface WrittenArchive {
  part: number
  manifest: Manifest
  /** UUIDs. */
  firstId: string
  lastId: string
  /** The file contains every event of its day up to this position in the feed, except those in earlier parts. */
  lastSeq: string
  location: string
}

/** A file that was read back differs from what was written. */
export class ArchiveDamaged extends Error {}

export interface ArchiveTask {
  client: SqlClient
  store: ArchiveStore
  now: () => number
  /** If it is aborted, the write rejects with the signal's reason and leaves no file. */
  signal: AbortSignal
}

/**
 * How many names are tried. A name is skipped if a different file already has it. Such a file is from another
 * installation, or from before a restore of the database.
 */
const MAX_PARTS = 1_000

/**
 * Writes the events of a tenant's day (null: system events) that no archive file contains yet to a new file, and
 * verifies the file by reading it back. Null if there are no such events. If a killed run has left a complete file
 * without a row, that file is used and not written again. Rejects if the store fails or the file reads back
 * differently: then there is no new file, and the caller must keep the events.
 */
export async function archiveDay(task: ArchiveTask, tenantId: string | null, day: Day): Promise<WrittenArchive | null> {
  const { client, store } = task
  const { part, ...seqs } = await progressOf(client, tenantId, day)
  const range = { tenantId, day, ...seqs }
  if (!(await hasEvents(client, range))) return null
  let rows: Content | undefined
  for (let attempt = part; attempt < part + MAX_PARTS; attempt++) {
    const name = archiveName(tenantId, day, attempt)
    const location = store.locationOf(name)
    const existing = await readManifest(store, location)
    if (existing === null) {
      const { manifest, firstId, lastId } = await writeFile(task, name, range, attempt)
      return { part: attempt, manifest, firstId, lastId, lastSeq: range.throughSeq, location }
    }
    rows ??= await measure(task, range)
    if (existing.contentSha256 === rows.sha256 && matches(await inspect(await store.read(location)), existing))
      return {
        part: attempt,
        manifest: existing,
        firstId: rows.first,
        lastId: rows.last,
        lastSeq: range.throughSeq,
        location,
      }
  }
  throw new Error(`there are ${MAX_PARTS} other files of ${dayName(day)} at ${store.target}`)
}

/**
 * The next part's number and range. `seq` is assigned in commit order, so all events up to the newest one are visible.
 */
async function progressOf(client: SqlClient, tenantId: string | null, day: Day) {
  const { rows } = await client.query<{ part: number; after: string; through: string }>(
    `SELECT coalesce(max(part), 0) + 1 AS part, coalesce(max(last_seq), 0)::text AS after,
       (SELECT coalesce(max(seq), 0)::text FROM events) AS through
     FROM archive_files WHERE tenant_id = $1 AND day = $2::date`,
    [tenantId ?? '', dayName(day)],
  )
  const { part, after, through } = rows[0]!
  return { part, afterSeq: after, throughSeq: through }
}

/** Size, checksum and bounds of a range of events, as NDJSON. */
interface Content {
  bytes: number
  sha256: string
  lines: number
  first: string
  last: string
}

/** The events as NDJSON, one page at a time. Call `content()` only after all pages have been read. */
function ndjson({ client, signal }: ArchiveTask, range: DayRange) {
  const meter = createMeter()
  let first: string | undefined
  let last: string | undefined
  async function* pages(): AsyncGenerator<Buffer> {
    for await (const events of readDay(client, range)) {
      signal.throwIfAborted()
      const page = Buffer.from(events.map((event) => `${cloudEventLine(event)}\n`).join(''))
      first ??= events[0]?.id
      last = events.at(-1)?.id
      meter.add(page)
      yield page
    }
  }
  const content = (): Content => {
    if (first === undefined || last === undefined) throw new Error('the events no longer exist')
    return { ...meter.end(), first, last }
  }
  return { pages, content }
}

async function measure(task: ArchiveTask, range: DayRange): Promise<Content> {
  const { pages, content } = ndjson(task, range)
  for await (const _ of pages());
  return content()
}

async function writeFile(task: ArchiveTask, name: string, range: DayRange, part: number) {
  const { store, now } = task
  const { pages, content } = ndjson(task, range)
  const stored = createMeter()
  const location = store.locationOf(name)
  const undo = async (error: unknown): Promise<never> => {
    await store.remove(name).catch(() => undefined)
    throw error
  }
  await store.write(name, compressed(pages(), stored.add))
  const { bytes, sha256 } = stored.end()
  const { lines, first, last, ...rows } = content()
  const manifest = manifestOf({
    tenantId: range.tenantId,
    day: dayName(range.day),
    part,
    events: lines,
    firstId: publicId('evt', first),
    lastId: publicId('evt', last),
    bytes,
    sha256,
    contentBytes: rows.bytes,
    contentSha256: rows.sha256,
    createdAt: new Date(now()).toISOString(),
  })
  const readBack = await store.read(location).then(inspect).catch(undo)
  if (!matches(readBack, manifest))
    await undo(
      new ArchiveDamaged(
        `${location} reads back as ${readBack.bytes} bytes with SHA-256 ${readBack.sha256}, not ${bytes} with ${sha256}`,
      ),
    )
  const text = manifestText(manifest)
  await store.write(manifestName(name), Readable.from([Buffer.from(text)])).catch(undo)
  const written = await readText(store, manifestName(location)).catch(undo)
  if (written !== text) {
    await store.remove(manifestName(name)).catch(() => undefined)
    await undo(new ArchiveDamaged(`${manifestName(location)} reads back differently`))
  }
  return { manifest, firstId: first, lastId: last }
}

/** Compresses the source. If the source fails, the loop over the compressed bytes ends with the error. */
async function* compressed(source: AsyncIterable<Buffer>, each: (chunk: Buffer) => void): AsyncGenerator<Buffer> {
  const gzip = createGzip()
  pipeline(Readable.from(source, { objectMode: false }), gzip).catch(() => undefined)
  for await (const chunk of gzip as AsyncIterable<Buffer>) {
    each(chunk)
    yield chunk
  }
}

export const matches = (
  measured: Measured,
  { bytes, sha256, contentBytes, contentSha256, events }: Manifest,
): boolean =>
  measured.sha256 === sha256 &&
  measured.bytes === bytes &&
  measured.contentSha256 === contentSha256 &&
  measured.contentBytes === contentBytes &&
  measured.events === events
