import { createWriteStream } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { ArchiveMissing, type ArchiveStore } from './store.ts'

/** Stores files below a directory, which is created with the first file. */
export function createDirectoryStore(directory: string): ArchiveStore {
  const root = resolve(directory)
  const pathOf = (name: string) => join(root, name)
  return {
    target: root,
    locationOf: (name) => pathToFileURL(pathOf(name)).href,
    async write(name, body) {
      const path = pathOf(name)
      // Only one run writes at a time, so a partial file with this name is left over from a killed run and may be
      // overwritten.
      const partial = `${path}.partial`
      await mkdir(dirname(path), { recursive: true })
      try {
        await pipeline(Readable.from(body, { objectMode: false }), createWriteStream(partial, { flush: true }))
        await rename(partial, path)
        await syncDirectory(dirname(path))
      } catch (error) {
        await rm(partial, { force: true }).catch(() => undefined)
        throw error
      }
    },
    async read(location) {
      const file = await open(fileURLToPath(location)).catch((error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
          throw new ArchiveMissing(`there is no file ${location}`)
        throw error
      })
      return file.createReadStream()
    },
    remove: (name) => rm(pathOf(name), { force: true }),
    close: () => {},
  }
}

/** Writes a directory to the disk. Only then does a renamed file in it survive a power failure. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
