import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'

/** The contents of a file, measured from its bytes. */
export interface Measured {
  bytes: number
  sha256: string
  contentBytes: number
  contentSha256: string
  events: number
}

/** Counts and hashes bytes and their lines as they pass. */
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

/** Reads an archive file to its end. Rejects when it breaks off or is not gzip. */
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
  // An error of the file ends the loop; leaving the loop closes the file.
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
