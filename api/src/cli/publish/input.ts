import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { reasonOf, usage } from '../session/failure.ts'
import type { Io } from '../session/io.ts'

/** Opens a file, or standard input for "-". Throws Failure if the file cannot be opened. */
export async function openInput({ stdin }: Io, file: string, option: string): Promise<Readable> {
  if (file === '-') return stdin
  try {
    await (await open(file)).close()
  } catch (error) {
    throw usage(`${file} cannot be read: ${reasonOf(error)}`, option)
  }
  return createReadStream(file)
}

/** Reads a whole file, or standard input for "-". */
export async function readInput(io: Io, file: string, option: string): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of await openInput(io, file, option)) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString('utf8')
}
