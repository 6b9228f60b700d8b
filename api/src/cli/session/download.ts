import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { responseFailure } from './api.ts'
import { reasonOf, unreachable, usage } from './failure.ts'
import type { Session } from './session.ts'

/**
 * Streams an export of the API (GET `path`) to a file or to standard output. The file gets its name when it is
 * complete; an interrupted export leaves no file. Throws Failure.
 */
export async function download(
  { api, io, out }: Session,
  path: string,
  parameters: Readonly<Record<string, unknown>>,
  file: string | undefined,
): Promise<void> {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) query.append(name, String(one))
  }
  const response = await api.get(`${path}?${query}`, io.interruptible())
  if (!response.ok || !response.body) throw await responseFailure(api.url, response)
  const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0])
  const unfinished = file === undefined ? undefined : `${file}.part`
  try {
    if (unfinished === undefined || file === undefined) await pipeline(body, io.stdout, { end: false })
    else {
      await pipeline(body, createWriteStream(unfinished))
      await rename(unfinished, file)
      out.note(`written to ${file}`)
    }
  } catch (error) {
    if (unfinished !== undefined) await rm(unfinished, { force: true })
    if (isOfFile(error)) throw usage(`${file ?? 'standard output'} cannot be written: ${reasonOf(error)}`, '--output')
    throw unreachable(api.url, new Error(`the export was interrupted: ${reasonOf(error)}`))
  }
}

const isOfFile = (error: unknown) =>
  error instanceof Error && 'syscall' in error && /^(open|write|rename|close)$/.test(String(error.syscall))
