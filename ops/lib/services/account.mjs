import { createHash } from 'node:crypto'
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run, which } from '../processes/processes.mjs'
import { StepError } from '../steps.mjs'

/** Directory for servers that root starts. Other users cannot access a clone under /root. */
const ROOT_HOME = '/var/lib/aetherlink'
const USER = 'aetherlink'

/**
 * The user that runs PostgreSQL and Redis, and the directories of these servers. If an ordinary user starts them, they
 * run as that user in the data directory. If root starts them, they run as a system user, because PostgreSQL refuses to
 * run as root, in a directory that this user can access.
 * @typedef {{ home: string, shared: string, owner: { uid: number, gid: number } | undefined }} Account
 */

/**
 * Finds the account of a data directory and creates the user and directories if they are missing.
 * @param {string} dataDir canonical path, exists
 * @returns {Promise<Account>}
 */
export async function serviceAccount(dataDir) {
  if (process.getuid?.() !== 0) return { home: dataDir, shared: dataDir, owner: undefined }
  const owner = findUser() ?? (await addUser())
  const home = rootHome(dataDir)
  mkdirSync(ROOT_HOME, { recursive: true, mode: 0o755 })
  const pointer = join(dataDir, 'servers-are-in')
  if (!existsSync(pointer)) {
    const aside = setAside(home, new Date())
    if (aside) console.error(`The databases of a data directory that was removed from ${dataDir} are kept in ${aside}`)
  }
  mkdirSync(home, { recursive: true, mode: 0o700 })
  chmodSync(ROOT_HOME, 0o755)
  chownSync(home, owner.uid, owner.gid)
  if (!existsSync(pointer)) writeFileSync(pointer, `${home}\n`)
  return { home, shared: ROOT_HOME, owner }
}

/**
 * Moves away databases whose data directory was removed. Their password was lost with the directory, so the databases
 * cannot be used, but they are not deleted. Returns the new location; null if there were no databases.
 * @param {string} home
 * @param {Date} now
 */
export function setAside(home, now) {
  if (!existsSync(home)) return null
  const aside = `${home}.left-${now.toISOString().replace(/[:.]/g, '-')}`
  renameSync(home, aside)
  return aside
}

/**
 * When a data directory is removed, also removes what serviceAccount created outside it.
 * @param {string} dataDir
 */
export function removeServiceHome(dataDir) {
  if (process.getuid?.() === 0) rmSync(rootHome(dataDir), { recursive: true, force: true })
}

const rootHome = (/** @type {string} */ dataDir) =>
  join(ROOT_HOME, createHash('sha256').update(dataDir).digest('hex').slice(0, 12))

function findUser() {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${USER}:`))
  const [, , uid, gid] = line?.split(':') ?? []
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined
}

async function addUser() {
  const hint = `PostgreSQL does not run as root. Run npm start as an ordinary user, create a system user "${USER}", or set DATABASE_URL and REDIS_URL to servers that you run.`
  const useradd = which('useradd')
  const adduser = which('adduser')
  if (useradd) {
    await run(
      useradd,
      ['--system', '--user-group', '--home-dir', ROOT_HOME, '--no-create-home', '--shell', '/usr/sbin/nologin', USER],
      { hint },
    )
  } else if (adduser) {
    await run(adduser, ['-S', '-D', '-H', '-h', ROOT_HOME, '-s', '/sbin/nologin', USER], { hint })
  }
  const user = findUser()
  if (!user) throw new StepError(`The system user "${USER}", which runs PostgreSQL, could not be created.`, hint)
  return user
}
