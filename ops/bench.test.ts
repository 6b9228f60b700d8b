import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { ROOT } from './lib/paths.mjs'

const BUILD_MS = 240_000

test(
  'npm run bench -- --help prints how it is used, and starts no servers; a row that does not exist is refused',
  async () => {
    // The servers that the bench starts keep their files here.
    const temporary = mkdtempSync(join(tmpdir(), 'aetherlink-bench-test-'))
    const bench = (...args: string[]) =>
      promisify(execFile)(process.execPath, ['ops/bench.mjs', ...args], {
        cwd: ROOT,
        env: { ...process.env, TMPDIR: temporary },
      })
    try {
      const { stdout, stderr } = await bench('--help')
      expect(stdout).toMatch(/^npm run bench -- \[deliver .*\bscale soak\].*--minutes/)
      expect(stderr).not.toMatch(/PostgreSQL|Redis|Migrations/)
      await expect(bench('delivr')).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('no delivr') })
      await expect(bench('deliver', '--rounds', '0')).rejects.toMatchObject({ code: 2 })
      expect(readdirSync(temporary)).toEqual([])
    } finally {
      rmSync(temporary, { recursive: true })
    }
  },
  BUILD_MS,
)
