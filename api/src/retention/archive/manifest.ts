import type { Readable } from 'node:stream'
import { z } from 'zod'
import { type Day, dayName } from '../policies/policy.ts'
import { ArchiveMissing, type ArchiveStore } from './store.ts'

const FORMAT = 'aetherlink.events.archive.v1'

/**
 * Describes the contents of an archive file. The manifest is stored beside the file and is written last, so a file
 * without a manifest is incomplete. Ids are public ids, as in the API.
 */
const manifestSchema = z.object({
  format: z.literal(FORMAT),
  tenantId: z.string().nullable(),
  day: z.string(),
  part: z.number().int(),
  events: z.number().int(),
  firstId: z.string(),
  lastId: z.string(),
  /** Size and SHA-256 of the file as it is stored, in gzip. */
  bytes: z.number().int(),
  sha256: z.string(),
  /** Size and SHA-256 of the uncompressed NDJSON. */
  contentBytes: z.number().int(),
  contentSha256: z.string(),
  createdAt: z.string(),
})

export type Manifest = z.infer<typeof manifestSchema>

export const manifestOf = (content: Omit<Manifest, 'format'>): Manifest => ({ format: FORMAT, ...content })

export const manifestText = (manifest: Manifest): string => `${JSON.stringify(manifest, null, 2)}\n`

/** The manifest of the archive file at a location; null if there is none, or if it cannot be parsed. */
export async function readManifest(store: ArchiveStore, location: string): Promise<Manifest | null> {
  try {
    return manifestSchema.parse(JSON.parse(await readText(store, manifestName(location))))
  } catch (error) {
    if (error instanceof ArchiveMissing || error instanceof SyntaxError || error instanceof z.ZodError) return null
    throw error
  }
}

/** No manifest is longer than this. */
const MAX_TEXT = 64 * 1024

export async function readText(store: ArchiveStore, location: string): Promise<string> {
  const file: Readable = await store.read(location)
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of file as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > MAX_TEXT) break
  }
  return Buffer.concat(chunks).toString()
}

/**
 * The name of a file in its store, such as `acme/events-2026-01-31.ndjson.gz`. System events are in `_system`, which no
 * tenant can be called: a tenant's slug never begins with an underscore.
 */
export function archiveName(tenantId: string | null, day: Day, part: number): string {
  const date = dayName(day)
  return `${tenantId ?? '_system'}/events-${date}${part === 1 ? '' : `-${part}`}.ndjson.gz`
}

/** The name (or location) of the manifest that belongs to the file with this name (or location). */
export const manifestName = (archive: string): string => archive.replace(/\.ndjson\.gz$/, '.manifest.json')
