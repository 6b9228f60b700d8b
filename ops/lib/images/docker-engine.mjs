import { spawn, spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { identify, isAlive, stopProcess, until, which } from '../processes/processes.mjs'
import { installPackage } from '../services/system-packages.mjs'
import { StepError } from '../steps.mjs'

/**
 * @typedef {object} DockerEngine
 * @property {string} socket path of the engine's socket
 * @property {() => Promise<void>} stop ends the engine and its containers
 * @property {() => Promise<void>} start starts the engine again, with the containers that it had
 */

const START_MS = 30_000
const HINT =
  'Tests on a Docker engine require Linux, root and a kernel that can run containers; all other tests run without.'

/**
 * Starts a separate Docker engine. All its files, including its socket and its containers, are below `home`. It does
 * not change the networks of the machine, and does not use an engine that is already running. Installs the program if
 * it is missing. `home` must be short, because the path of a socket is limited to 107 characters.
 *
 * `args` are further arguments of the engine, such as another address to listen on.
 *
 * Throws a StepError with the reason if no engine can run.
 * @param {{ home: string, note?: (text: string) => void, args?: readonly string[] }} options
 * @returns {Promise<DockerEngine>}
 */
export async function startDockerEngine({ home, note, args = [] }) {
  if (process.platform !== 'linux')
    throw new StepError(`Docker's engine runs on Linux, and this is ${process.platform}.`, HINT)
  if (process.getuid?.() !== 0) throw new StepError("Docker's engine requires root, and this is another user.", HINT)
  if (!which('dockerd')) {
    note?.(await installPackage({ apt: 'docker.io', apk: 'docker', dnf: 'moby-engine' }, "Docker's engine", HINT))
  }
  const program = which('dockerd')
  if (!program) throw new StepError('dockerd is not installed.', HINT)
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const engine = new Engine(program, home, args)
  try {
    await engine.start()
  } catch (error) {
    // This driver is slow, but works on file systems without overlay support.
    engine.driver = 'vfs'
    await engine.start().catch(() => {
      throw error
    })
  }
  return engine
}

/** @implements {DockerEngine} */
class Engine {
  /** @type {import('../processes/processes.mjs').Identity | undefined} */
  #identity
  driver = ''

  /**
   * @param {string} program
   * @param {string} home
   * @param {readonly string[]} args
   */
  constructor(program, home, args) {
    this.program = program
    this.home = home
    this.args = args
    this.socket = join(home, 'docker.sock')
    this.logFile = join(home, 'dockerd.log')
    this.configFile = join(home, 'daemon.json')
    // An empty file, so that the engine ignores the machine's own settings.
    writeFileSync(this.configFile, '{}')
  }

  async start() {
    const { home, socket } = this
    rmSync(socket, { force: true })
    rmSync(join(home, 'dockerd.pid'), { force: true })
    const args = [
      ...['--config-file', this.configFile, '--data-root', join(home, 'data'), '--exec-root', join(home, 'exec')],
      ...['--pidfile', join(home, 'dockerd.pid'), '--host', `unix://${socket}`],
      ...['--iptables=false', '--ip6tables=false', '--bridge=none', '--shutdown-timeout', '2', '--log-level', 'warn'],
      ...(this.driver ? ['--storage-driver', this.driver] : []),
      ...this.args,
    ]
    const log = openSync(this.logFile, 'a', 0o600)
    const child = spawn(this.program, args, { cwd: home, stdio: ['ignore', log, log], detached: true })
    closeSync(log)
    child.on('error', () => {})
    child.unref()
    this.#identity = child.pid === undefined ? undefined : identify(child.pid)
    const isUp = await until(async () => !isAlive(this.#identity) || (await answers(socket)), START_MS)
    if (isUp && isAlive(this.#identity)) return
    await this.stop()
    throw new StepError(`dockerd did not start: ${lastError(this.logFile)}`, HINT)
  }

  async stop() {
    // The engine stops its containers first. If it were killed before, it would send no events of their ends.
    if (this.#identity) await stopProcess(this.#identity, { graceMs: 30_000, group: true })
    // Mounts of killed containers (network namespaces and layers) would prevent removing the folder.
    for (const mount of mountsUnder(this.home)) spawnSync('umount', ['--lazy', mount])
  }
}

/**
 * Mount points below a directory, deepest first.
 * @param {string} directory
 */
const mountsUnder = (directory) =>
  readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${directory}/`))
    .reverse()

/** @param {string} socketPath */
const answers = (socketPath) =>
  new Promise((resolve) => {
    const asking = request({ socketPath, path: '/_ping', timeout: 2_000 }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    asking.on('error', () => resolve(false))
    asking.on('timeout', () => asking.destroy())
    asking.end()
  })

/** @param {string} logFile */
function lastError(logFile) {
  try {
    const lines = readFileSync(logFile, 'utf8').trim().split('\n')
    return lines.at(-1)?.slice(0, 500) ?? 'it printed nothing'
  } catch {
    return 'it printed nothing'
  }
}
