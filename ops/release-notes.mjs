import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The section of a version in a changelog, without its heading. Throws if the section is missing or empty.
 * @param {string} changelog in the format of Keep a Changelog
 * @param {string} version such as 2.1.0
 */
export function releaseNotes(changelog, version) {
  const sections = changelog.split(/^## /m).slice(1)
  const section = sections.find((text) => text.startsWith(`[${version}]`))
  if (section === undefined) throw new Error(`CHANGELOG.md has no section "## [${version}]"; rename "Unreleased" to it`)
  const notes = section.slice(section.indexOf('\n')).trim()
  if (notes === '') throw new Error(`The section "## [${version}]" of CHANGELOG.md is empty`)
  return notes
}

/**
 * Throws if a package.json has another version: the images would then report a version that was never released.
 * @param {string} root root directory of the repository
 * @param {string} version
 */
export function requireVersion(root, version) {
  for (const path of ['package.json', 'api/package.json', 'web/package.json']) {
    const current = JSON.parse(readFileSync(join(root, path), 'utf8')).version
    if (current !== version) throw new Error(`${path} has the version ${current}, and the tag is ${version}`)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = join(import.meta.dirname, '..')
  const version = process.argv[2]
  try {
    if (!version) throw new Error('usage: node ops/release-notes.mjs VERSION')
    requireVersion(root, version)
    process.stdout.write(`${releaseNotes(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'), version)}\n`)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  }
}
