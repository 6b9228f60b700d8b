import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CACHE_DIR } from '../paths.mjs'
import { identify, isAlive, until } from './processes.mjs'

/** How long to wait for a lock. This is longer than any work under a lock takes. */
const PATIENCE_MS = 600_000
let calls = 0

/**
 * Runs work under a lock that all processes of a checkout share: `npm start` and `npm test` build into the same
 * directories. The lock of a dead process is ignored.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function exclusively(name, work) {
  mkdirSync(CACHE_DIR, { recursive: true })
  const file = join(CACHE_DIR, `${name}.lock`)
  const mine = `${file}.${process.pid}.${++calls}`
  writeFileSync(mine, JSON.stringify(identify(process.pid)))
  try {
    const taken = await until(() => take(mine, file), PATIENCE_MS, 100)
    if (!taken)
      throw new Error(
        `${file} is locked by another process; remove the file if that process is not one of AetherLink's.`,
      )
  } finally {
    rmSync(mine, { force: true })
  }
  try {
    return await work()
  } finally {
    rmSync(file, { force: true })
  }
}

/**
 * @param {string} mine
 * @param {string} file
 */
function take(mine, file) {
  try {
    linkSync(mine, file) // atomic: fails if the file exists
    return true
  } catch {
    try {
      if (!isAlive(JSON.parse(readFileSync(file, 'utf8')))) rmSync(file, { force: true })
    } catch {} // another process has just released the lock
    return false
  }
}
