import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'

/** Sizes and checksums of a file, computed from its bytes. */
export interface Measured {
  bytes: number
  sha256: string
  contentBytes: number
  contentSha256: string
  events: number
}

/** Counts and hashes the bytes that are added, and counts their lines. */
export function createMeter() {
  const hash = createHash('sha256')
  let bytes = 0
  let lines = 0
  return {
    add(chunk: Buffer) {
      hash.update(chunk)
      bytes += chunk.length
      for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, at + 1)) lines++
    },
    end: () => ({ bytes, lines, sha256: hash.digest('hex') }),
  }
}

const LF = 0x0a

/** Reads an archive file to its end. Rejects if the file is truncated or is not gzip. */
export async function inspect(file: Readable): Promise<Measured> {
  const stored = createMeter()
  const content = createMeter()
  await pipeline(
    file,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        stored.add(chunk)
        yield chunk
      }
    },
    createGunzip(),
    async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) content.add(chunk)
    },
  )
  const { bytes, sha256 } = stored.end()
  const { bytes: contentBytes, sha256: contentSha256, lines: events } = content.end()
  return { bytes, sha256, contentBytes, contentSha256, events }
}

/** The lines of an archive file. */
export async function* archiveLines(file: Readable): AsyncGenerator<string> {
  let rest: Buffer[] = []
  const content = createGunzip()
  // If reading the file fails, the loop below ends with the error. If the loop is left early, the file is closed.
  pipeline(file, content).catch(() => undefined)
  for await (const chunk of content as AsyncIterable<Buffer>) {
    let from = 0
    for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, from)) {
      rest.push(chunk.subarray(from, at))
      yield (rest.length === 1 ? rest[0]! : Buffer.concat(rest)).toString()
      rest = []
      from = at + 1
    }
    if (from < chunk.length) rest.push(chunk.subarray(from))
  }
}
