import type { Readable } from 'node:stream'
import { z } from 'zod'
import { type Day, dayName } from '../policies/policy.ts'
import { ArchiveMissing, type ArchiveStore } from './store.ts'

const FORMAT = 'aetherlink.events.archive.v1'

/**
 * The contents of an archive file. The manifest lies beside the file and is written last: a file without one was never
 * finished. Ids are those of the API.
 */
const manifestSchema = z.object({
  format: z.literal(FORMAT),
  tenantId: z.string().nullable(),
  day: z.string(),
  part: z.number().int(),
  events: z.number().int(),
  firstId: z.string(),
  lastId: z.string(),
  /** Size and SHA-256 of the stored gzip file. */
  bytes: z.number().int(),
  sha256: z.string(),
  /** Size and SHA-256 of the NDJSON in it. */
  contentBytes: z.number().int(),
  contentSha256: z.string(),
  createdAt: z.string(),
})

export type Manifest = z.infer<typeof manifestSchema>

export const manifestOf = (content: Omit<Manifest, 'format'>): Manifest => ({ format: FORMAT, ...content })

export const manifestText = (manifest: Manifest): string => `${JSON.stringify(manifest, null, 2)}\n`

/** The manifest of the archive at a location; null when there is none, or when the file is no manifest. */
export async function readManifest(store: ArchiveStore, location: string): Promise<Manifest | null> {
  try {
    return manifestSchema.parse(JSON.parse(await readText(store, manifestName(location))))
  } catch (error) {
    if (error instanceof ArchiveMissing || error instanceof SyntaxError || error instanceof z.ZodError) return null
    throw error
  }
}

/** Longer than any manifest. */
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
 * A file's name within its store: `tenant-acme/events-2026-01-31.ndjson.gz`. A tenant's slug never begins with an
 * underscore.
 */
export function archiveName(tenantId: string | null, day: Day, part: number): string {
  const date = dayName(day)
  return `${tenantId ?? '_system'}/events-${date}${part === 1 ? '' : `-${part}`}.ndjson.gz`
}

/** The manifest of a file, by its name or its location. */
export const manifestName = (archive: string): string => archive.replace(/\.ndjson\.gz$/, '.manifest.json')
