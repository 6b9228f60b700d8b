import type { Readable } from 'node:stream'

/** Where archive files are stored. Names are relative paths with slashes. */
export interface ArchiveStore {
  /** The place in a readable form: a directory, or s3://bucket/prefix. */
  target: string
  /** The URL of a file, for `read` in this process or a later one. */
  locationOf(name: string): string
  /**
   * Writes a file, replacing one of the same name. Resolves when the file is durable. If it rejects, there is no new
   * file of this name.
   */
  write(name: string, body: AsyncIterable<Buffer>): Promise<void>
  /** Rejects with ArchiveMissing if there is no such file. Errors after that come from the stream. */
  read(location: string): Promise<Readable>
  remove(name: string): Promise<void>
  close(): void
}

/** There is no file at its location. */
export class ArchiveMissing extends Error {}
