import { mkdtempSync, rmSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { diskCheck, serverChecks } from './server-checks.ts'

const GIB = 2 ** 30

test.each([
  ['a tenth is free', 10, 'OK'],
  ['less than a tenth is free', 9, 'WARNING'],
  ['a fiftieth is free', 2, 'WARNING'],
  ['less than a fiftieth is free', 1, 'FAILED'],
  ['nothing is free', 0, 'FAILED'],
] as const)('a disk of which %s is %3$s', (_what, free, status) => {
  const check = diskCheck('/archive', { bavail: free, blocks: 100, bsize: GIB })
  const shown = free === 0 ? '0 B' : `${free}.0 GiB`
  expect(check).toMatchObject({ name: 'disk of /archive', status, message: `${shown} of 100.0 GiB free` })
  expect(check.advice === null).toBe(status === 'OK')
})

test('the disk of the archive is read from the file system; a directory that does not exist has none', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'aetherlink-doctor-'))
  try {
    const env = { REDIS_URL: process.env.REDIS_URL, EVENT_ARCHIVE_DIR: directory }
    const disk = (await serverChecks(env)).find(({ name }) => name === `disk of ${directory}`)
    expect(disk?.status).toBe(diskCheck(directory, await statfs(directory)).status)
    expect(disk?.message).toMatch(/^[\d.]+ \w+ of [\d.]+ \w+ free$/)
    const none = await serverChecks({ ...env, EVENT_ARCHIVE_DIR: join(directory, 'missing') })
    expect(none.some(({ name }) => name.includes('missing'))).toBe(false)
  } finally {
    rmSync(directory, { recursive: true })
  }
})
