import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import packageJson from '../package.json' with { type: 'json' }
import { releaseNotes, requireVersion } from './release-notes.mjs'

const ROOT = join(import.meta.dirname, '..')
const CHANGELOG = `# Changelog

## [Unreleased]

## [1.1.0] - 2026-02-01

### Added

- One thing.

## [1.0.0]

- The first.
`

test('the notes of a release are exactly its section', () => {
  expect(releaseNotes(CHANGELOG, '1.1.0')).toBe('### Added\n\n- One thing.')
  expect(releaseNotes(CHANGELOG, '1.0.0')).toBe('- The first.')
})

test('a version without notes is refused', () => {
  expect(() => releaseNotes(CHANGELOG, '1.2.0')).toThrow('no section "## [1.2.0]"')
  expect(() => releaseNotes(CHANGELOG, 'Unreleased')).toThrow('is empty')
})

test('the present version has notes, and every package has this version', () => {
  expect(releaseNotes(readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8'), packageJson.version)).toContain('### Added')
  expect(() => requireVersion(ROOT, packageJson.version)).not.toThrow()
  expect(() => requireVersion(ROOT, '0.0.1')).toThrow('package.json has the version')
})
