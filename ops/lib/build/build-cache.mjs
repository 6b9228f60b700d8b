import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CACHE_DIR, ROOT } from '../paths.mjs'
import { exclusively } from '../processes/exclusive.mjs'

/** Names of files and directories that a build creates. They are not inputs. */
const MADE = new Set([
  'node_modules',
  'dist',
  '.next',
  'generated',
  'gql',
  'gql-e2e',
  'gql-cli',
  'test-results',
  'playwright-report',
  'next-env.d.ts',
  'tsconfig.tsbuildinfo',
])

/**
 * Does work whose result depends only on files. The work is skipped if its outputs exist and were made from the same
 * files.
 * @param {{ name: string, inputs: string[], outputs: string[], salt?: string, matters?: (path: string) => boolean }} what
 *   `inputs`, `outputs`: files and directories, relative to the root. `salt`: whatever else the result depends on.
 *   `matters`: which files in the input directories count; by default all of them.
 * @param {() => Promise<unknown>} work
 * @returns {Promise<boolean>} whether the work was done
 */
export async function unlessCurrent({ name, inputs, outputs, salt = '', matters = () => true }, work) {
  const stamp = join(CACHE_DIR, name)
  const isCurrent = (/** @type {string} */ hash) =>
    outputs.every((path) => existsSync(join(ROOT, path))) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash
  if (isCurrent(fingerprint(inputs, salt, matters))) return false
  return exclusively(name, async () => {
    const hash = fingerprint(inputs, salt, matters)
    if (isCurrent(hash)) return false // meanwhile, another process has done the work
    await work()
    writeFileSync(stamp, hash)
    return true
  })
}

/**
 * @param {string[]} inputs
 * @param {string} salt
 * @param {(path: string) => boolean} matters
 */
function fingerprint(inputs, salt, matters) {
  const hash = createHash('sha256').update(salt)
  const add = (/** @type {string} */ path) => {
    const whole = join(ROOT, path)
    if (!existsSync(whole)) return
    if (statSync(whole).isDirectory()) {
      for (const entry of readdirSync(whole).sort()) if (!MADE.has(entry)) add(join(path, entry))
    } else if (matters(path)) {
      hash.update(`\0${path}\0`).update(readFileSync(whole))
    }
  }
  for (const input of inputs) add(input)
  return hash.digest('hex')
}
