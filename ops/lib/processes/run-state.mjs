import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canonical } from '../paths.mjs'
import { writeSecret } from '../secrets.mjs'
import { removeServiceHome } from '../services/account.mjs'
import { StepError } from '../steps.mjs'
import { identify, isAlive, stopProcess } from './processes.mjs'

/** @typedef {import('./processes.mjs').Identity} Identity */
/**
 * @typedef {(identity: Identity) => void} Recorder records a process that was started, so that it can be found again
 */

/**
 * State of a data directory, stored in its run.json: the process that has claimed the directory, and every process
 * started under the claim. If that process was killed, the next start uses the state to find orphans.
 * @typedef {{ owner: Identity, children: Record<string, Identity> }} RunState
 */

const stateFile = (/** @type {string} */ dataDir) => join(dataDir, 'run.json')

/**
 * Claims a data directory for this process. The claim of a dead process is taken over, after the processes that it left
 * running have been stopped.
 *
 * Throws if a living process holds the claim.
 * @param {string} dataDir canonical path
 * @returns {Promise<{ record: (name: string, identity: Identity) => void, release: () => void, leftovers: string[] }>}
 *   `leftovers`: names of the processes that an earlier start had left running
 */
export async function claim(dataDir) {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const file = stateFile(dataDir)
  const owner = identify(process.pid)
  if (!owner) throw new Error('This process cannot see itself: /proc is not mounted, or ps is missing.')
  /** @type {RunState} */
  const state = { owner, children: {} }
  const earlier = read(dataDir)
  if (earlier && isAlive(earlier.owner)) {
    throw new StepError(
      `AetherLink is already running on ${dataDir} (process ${earlier.owner.pid}).`,
      'Stop it with Ctrl-C where it runs, or use another directory: npm start -- --data-dir DIR (and other ports: PORT, WEB_PORT).',
    )
  }
  const leftovers = await clearLeftovers(dataDir)
  const busy = new StepError(`Another npm start is claiming ${dataDir}.`, 'Wait for it, or try again.')
  if (earlier) {
    const taken = `${file}.${process.pid}.old`
    renameSync(file, taken)
    const mine = JSON.stringify(JSON.parse(readFileSync(taken, 'utf8'))) === JSON.stringify(earlier)
    if (!mine) renameSync(taken, file) // the claim changed after it was read: another process was faster
    rmSync(taken, { force: true })
    if (!mine) throw busy
  } else {
    rmSync(file, { force: true })
  }
  const draft = `${file}.${process.pid}`
  const content = () => `${JSON.stringify(state, null, 2)}\n`
  writeSecret(draft, content())
  try {
    linkSync(draft, file) // unlike a rename, this fails if a claim exists
  } catch {
    throw busy
  } finally {
    rmSync(draft, { force: true })
  }
  return {
    leftovers,
    record: (name, identity) => {
      state.children[name] = identity
      writeSecret(file, content())
    },
    release: () => rmSync(file, { force: true }),
  }
}

/**
 * @param {string} dataDir
 * @returns {RunState | undefined}
 */
function read(dataDir) {
  try {
    return JSON.parse(readFileSync(stateFile(dataDir), 'utf8'))
  } catch {
    return undefined // the file does not exist or was only partly written
  }
}

/** Clients are stopped before the servers that they use. */
const STOP_ORDER = ['web', 'api', 'worker', 'receiver', 'redis', 'postgres']

/**
 * Stops every process of a claim whose owner is dead. Returns the names of the processes that were still running.
 * @param {string} dataDir
 */
export async function clearLeftovers(dataDir) {
  const state = read(dataDir)
  const running = Object.entries(state?.children ?? {})
    .filter(([, identity]) => isAlive(identity))
    .sort(([a], [b]) => STOP_ORDER.indexOf(a) - STOP_ORDER.indexOf(b))
  for (const [name, identity] of running) {
    await stopProcess(
      identity,
      name === 'postgres' ? { ask: 'SIGINT', force: 'SIGQUIT' } : { graceMs: 10_000, group: true },
    )
  }
  return running.map(([name]) => name)
}

/** Marker file of a data directory that may be removed if no process uses it. */
const TEMPORARY = 'temporary'

/**
 * Creates a data directory for one run in the system's temporary folder.
 * @param {string} purpose a word for the directory's name
 */
export function makeTemporary(purpose) {
  const dataDir = canonical(mkdtempSync(join(tmpdir(), `aetherlink-${purpose}-`)))
  writeFileSync(join(dataDir, TEMPORARY), '')
  return dataDir
}

/**
 * Removes a data directory that makeTemporary created, and stops the processes that still use it.
 * @param {string} dataDir
 */
export async function removeTemporary(dataDir) {
  await clearLeftovers(dataDir)
  removeServiceHome(dataDir)
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 })
}

/** Removes the temporary directories of killed runs and stops their servers. */
export async function sweepTemporary() {
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith('aetherlink-')) continue
    const dataDir = canonical(join(tmpdir(), name))
    const state = existsSync(join(dataDir, TEMPORARY)) ? read(dataDir) : undefined
    if (!state || isAlive(state.owner)) continue
    await removeTemporary(dataDir).catch(() => {}) // fails if the directory belongs to another user
  }
}
