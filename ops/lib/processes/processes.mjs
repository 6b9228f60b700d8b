import { spawn, spawnSync } from 'node:child_process'
import { accessSync, constants, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { StepError } from '../steps.mjs'

/**
 * Identifies a process. A later process with the same pid has another identity.
 * @typedef {{ pid: number, started: string }} Identity
 */

/**
 * The identity of a running process; undefined if there is no process with this pid or it is a zombie.
 * @param {number} pid
 * @returns {Identity | undefined}
 */
export function identify(pid) {
  if (process.platform === 'linux') {
    try {
      // The name in parentheses may contain spaces, so the fields after it are used. The state is field 3 of the line,
      // the start time field 22.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')
      return fields[0] === 'Z' ? undefined : { pid, started: fields[19] ?? '' }
    } catch {
      return undefined
    }
  }
  const ps = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' })
  const started = ps.stdout?.trim()
  return started ? { pid, started } : undefined
}

/** @param {Identity | undefined} process_ */
export const isAlive = (process_) => process_ !== undefined && identify(process_.pid)?.started === process_.started

/**
 * The command line of a running process; empty if the process does not exist or its command line cannot be read.
 * @param {number} pid
 */
export function commandLine(pid) {
  if (process.platform === 'linux') {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
    } catch {
      return ''
    }
  }
  return spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? ''
}

/**
 * Sends a signal to a process and, with `group`, to the process group that it leads. Does nothing if the process has
 * already ended.
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 * @param {{ group?: boolean }} [options]
 */
export function signal(pid, signal, { group = false } = {}) {
  for (const target of group ? [-pid, pid] : [pid]) {
    try {
      process.kill(target, signal)
      return
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
    }
  }
}

/**
 * Stops a process that may be a child of another process. Sends the signal `ask`, waits for `graceMs`, then sends the
 * signal `force`: to the whole process group if `group` is set. `ask` is sent only to the leader, which forwards it;
 * otherwise its children would get it twice.
 * @param {Identity} who
 * @param {{ ask?: NodeJS.Signals, force?: NodeJS.Signals, graceMs?: number, group?: boolean }} [options]
 * @returns {Promise<boolean>} whether the process ended by itself
 */
export async function stopProcess(who, { ask = 'SIGTERM', force = 'SIGKILL', graceMs = 30_000, group = false } = {}) {
  if (!isAlive(who)) return true
  signal(who.pid, ask)
  if (await until(() => !isAlive(who), graceMs)) return true
  signal(who.pid, force, { group })
  await until(() => !isAlive(who), 5_000)
  return false
}

/** The interval is longer outside Linux, where each check runs `ps`. */
const POLL_MS = process.platform === 'linux' ? 25 : 200

/**
 * Polls a condition. Returns whether the condition became true in time.
 * @param {() => boolean | Promise<boolean>} condition
 * @param {number} timeoutMs
 */
export async function until(condition, timeoutMs, everyMs = POLL_MS) {
  const deadline = performance.now() + timeoutMs
  while (!(await condition())) {
    if (performance.now() > deadline) return false
    await delay(everyMs)
  }
  return true
}

/** Directories of programs that a minimal PATH may lack. */
const MORE_PLACES = ['/usr/local/bin', '/opt/homebrew/bin', '/usr/bin', '/usr/sbin', '/sbin']

/**
 * The path of the first of these programs that is installed.
 * @param {string[]} names
 */
export function which(...names) {
  const places = [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), ...MORE_PLACES]
  for (const name of names) {
    for (const place of places) {
      try {
        accessSync(join(place, name), constants.X_OK)
        return join(place, name)
      } catch {}
    }
  }
  return undefined
}

/** @type {Set<import('node:child_process').ChildProcess>} */
const commands = new Set()

/** Ends all commands that `run` is running. Each of them then fails. */
export function abortCommands() {
  for (const child of commands) child.kill('SIGTERM')
}

/**
 * Runs a command until it ends. The output is captured, and shown only if the command fails or `show` is set.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, show?: boolean, input?: string, uid?: number, gid?: number, hint?: string }} [options]
 * @returns {Promise<string>} the output of the command: stdout and stderr
 */
export function run(command, args, { show = false, input, hint, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...options,
      stdio: ['pipe', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'],
    })
    commands.add(child)
    child.on('close', () => commands.delete(child))
    let output = ''
    const keep = (/** @type {Buffer} */ chunk) => {
      output = (output + chunk).slice(-64 * 1024)
    }
    child.stdout?.on('data', keep)
    child.stderr?.on('data', keep)
    child.stdin?.on('error', () => {}) // the command ended before it read its input; its exit code shows the reason
    child.stdin?.end(input)
    child.on('error', (error) => reject(new StepError(`${command} could not be run: ${error.message}`, hint)))
    child.on('close', (code, killed) => {
      if (code === 0) return resolve(output)
      const shown = output.trim().split('\n').slice(-40).join('\n')
      const line = [command, ...args].join(' ')
      reject(new StepError(`${line} failed (${killed ?? `exit code ${code}`})${shown ? `:\n${shown}` : ''}`, hint))
    })
  })
}
