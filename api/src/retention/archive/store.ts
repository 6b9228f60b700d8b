import type { Readable } from 'node:stream'

/** A place for archive files. Names are relative paths with slashes. */
export interface ArchiveStore {
  /** The target in a readable form: a directory, or s3://bucket/prefix. */
  target: string
  /** The URL that `read` takes, in this process and in any later one. */
  locationOf(name: string): string
  /**
   * Writes a file, replacing one of the same name. Resolves once all of it is durable; when it rejects, nothing is left under the
   * name that was not there before.
   */
  write(name: string, body: AsyncIterable<Buffer>): Promise<void>
  /** Rejects with ArchiveMissing when there is no such file. A later error is the stream's. */
  read(location: string): Promise<Readable>
  remove(name: string): Promise<void>
  close(): void
}

/** The file is not where it was written. */
export class ArchiveMissing extends Error {}
