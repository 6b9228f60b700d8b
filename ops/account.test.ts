import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { setAside } from './lib/services/account.mjs'

test('databases of a removed data directory are moved aside, not reused and not deleted', () => {
  const root = mkdtempSync(join(tmpdir(), 'aetherlink-account-'))
  try {
    const home = join(root, '0123456789ab')
    expect(setAside(home, new Date())).toBeNull()
    mkdirSync(home)
    writeFileSync(join(home, 'PG_VERSION'), '18')
    const aside = setAside(home, new Date('2026-11-22T03:00:00.000Z'))
    expect(aside).toBe(`${home}.left-2026-11-22T03-00-00-000Z`)
    expect(existsSync(home)).toBe(false)
    expect(readFileSync(join(aside!, 'PG_VERSION'), 'utf8')).toBe('18')
  } finally {
    rmSync(root, { recursive: true })
  }
})
