import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT } from '../paths.mjs'
import { run, which } from '../processes/processes.mjs'
import { StepError } from '../steps.mjs'

const STAMP = join(ROOT, 'node_modules/.cache/aetherlink/packages')

/**
 * Installs the packages of package-lock.json if any are missing. Returns what was done.
 *
 * Install scripts never run (.npmrc disables them too): one of them downloads files, and none is needed.
 */
export async function installPackages() {
  const lock = readFileSync(join(ROOT, 'package-lock.json'), 'utf8')
  const stamp = createHash('sha256').update(`${process.platform} ${process.arch} ${lock}`).digest('hex')
  linkCommand()
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === stamp) return 'up to date'
  const missing = missingPackages(JSON.parse(lock))
  if (missing.length > 0) {
    // If packages exist, `install` fetches only the missing ones. `ci` would remove all packages first.
    const clean = !existsSync(join(ROOT, 'node_modules/.package-lock.json'))
    const args = [
      clean ? 'ci' : 'install',
      '--ignore-scripts',
      '--include=dev',
      '--include=optional',
      '--no-audit',
      '--no-fund',
    ]
    await npm(args)
    const still = missingPackages(JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')))
    if (still.length > 0) {
      throw new StepError(
        `npm ${args[0]} succeeded, but these packages are still missing: ${still.slice(0, 5).join(', ')}.`,
        'Remove node_modules and start again.',
      )
    }
  }
  mkdirSync(dirname(STAMP), { recursive: true })
  writeFileSync(STAMP, stamp)
  return missing.length > 0 ? `${missing.length} installed` : 'up to date'
}

/**
 * Makes `npx aetherlink` find the command of the api workspace. npm creates this link when it installs packages.
 * Packages that were installed before the command existed are not installed again.
 */
function linkCommand() {
  const link = join(ROOT, 'node_modules/.bin/aetherlink')
  if (process.platform === 'win32' || existsSync(link) || !existsSync(dirname(link))) return
  rmSync(link, { force: true })
  symlinkSync('../../../api/bin/aetherlink.mjs', link)
}

/**
 * Names of the packages that the lock file lists but node_modules does not have in that version. Optional packages are
 * ignored, because each platform needs others of them.
 * @param {{ packages: Record<string, { version?: string, link?: boolean, optional?: boolean, peer?: boolean, devOptional?: boolean }> }} lock
 * @returns {string[]}
 */
function missingPackages(lock) {
  const file = join(ROOT, 'node_modules/.package-lock.json')
  /** @type {typeof lock['packages']} */
  const installed = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : {}
  return Object.entries(lock.packages)
    .filter(([path, entry]) => path.includes('node_modules/') && !entry.link && !entry.optional && !entry.devOptional)
    .filter(
      ([path, entry]) => installed[path]?.version !== entry.version || !existsSync(join(ROOT, path, 'package.json')),
    )
    .map(([path]) => path.replace(/^.*node_modules\//, ''))
}

/** @param {string[]} args */
async function npm(args) {
  const hint =
    'It needs the npm registry: check the network and, behind a proxy, npm config get registry, proxy and https-proxy.'
  const script = process.env.npm_execpath
  if (script?.endsWith('.js') && /npm/.test(script))
    return run(process.execPath, [script, ...args], { cwd: ROOT, hint })
  const program = which('npm')
  if (!program) throw new StepError('npm is not on the PATH.', 'It comes with Node.js: https://nodejs.org')
  return run(program, args, { cwd: ROOT, hint })
}
