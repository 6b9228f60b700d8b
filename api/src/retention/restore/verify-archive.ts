import { inspect } from '../archive/inspect.ts'
import type { ArchiveRow } from '../archive/list-archives.ts'
import { readManifest } from '../archive/manifest.ts'
import type { ArchiveStore } from '../archive/store.ts'

export interface ArchiveVerification {
  ok: boolean
  /** Number of events in the file; 0 if the file cannot be read. */
  events: number
  /** The fault as text; null if there is none. */
  error: string | null
}

/**
 * Reads an archive file and its manifest from the store, and compares checksums and the number of events with the
 * recorded values. If the store cannot be reached, that is reported as an error too.
 */
export const verifyArchive = (store: ArchiveStore, archive: ArchiveRow): Promise<ArchiveVerification> =>
  check(store, archive).catch((error: unknown) => ({
    ok: false,
    events: 0,
    error: error instanceof Error ? error.message : String(error),
  }))

async function check(store: ArchiveStore, archive: ArchiveRow): Promise<ArchiveVerification> {
  const measured = await inspect(await store.read(archive.location))
  const manifest = await readManifest(store, archive.location)
  const { events } = measured
  const wrong = (error: string) => ({ ok: false, events, error })
  if (measured.sha256 !== archive.sha256)
    return wrong(
      `the file has SHA-256 ${measured.sha256} and ${measured.bytes} bytes; expected ${archive.sha256} and ${archive.bytes}`,
    )
  if (events !== archive.events) return wrong(`the file has ${events} events; expected ${archive.events}`)
  if (manifest === null) return wrong('its manifest is missing or invalid')
  if (manifest.sha256 !== archive.sha256) return wrong(`its manifest belongs to a file with SHA-256 ${manifest.sha256}`)
  return { ok: true, events, error: null }
}
