import type { Readable } from 'node:stream'

/** A place for archive files. Names are relative paths with slashes. */
export interface ArchiveStore {
  /** The target in a readable form: a directory, or s3://bucket/prefix. */
  target: string
  /** The URL that `read` takes, in this process and in any later one. */
  locationOf(name: string): string
  /**
   * Writes a file and replaces one of the same name. Resolves once the file is durable. When it rejects, it leaves no
   * new file under the name.
   */
  write(name: string, body: AsyncIterable<Buffer>): Promise<void>
  /** Rejects with ArchiveMissing when there is no such file. Later errors come from the stream. */
  read(location: string): Promise<Readable>
  remove(name: string): Promise<void>
  close(): void
}

/** The file is not where it was written. */
export class ArchiveMissing extends Error {}
