import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, renameSync, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { dim, StepError, say, yellow } from '../steps.mjs'
import { Backoff, FAILURES } from './backoff.mjs'
import { answers } from './ports.mjs'
import { identify, isAlive, stopProcess } from './processes.mjs'

/** @typedef {import('./processes.mjs').Identity} Identity */

/**
 * A supervised program.
 * @typedef {object} Program
 * @property {string} name
 * @property {string} command
 * @property {string[]} args
 * @property {string} cwd
 * @property {NodeJS.ProcessEnv} env
 * @property {string} logFile
 * @property {string} [health] URL that answers with status 200 once the program serves requests
 * @property {boolean} [show] whether the log goes to the terminal instead of the file
 * @property {number} [graceMs] how long the program may take to stop; by default 35 s, of which it uses up to 30 s
 */

const MAX_LOG_BYTES = 32 * 1024 * 1024

/** Keeps one program running. Restarts it with increasing pauses, until it has failed too often. */
export class Supervised {
  /** @type {Identity | undefined} */
  #identity
  /** @type {Promise<void>} */
  #ended = Promise.resolve()
  #stop = new AbortController()
  /** Whether the program has answered once. */
  serves = false

  /**
   * @param {Program} program
   * @param {{ record: import('./run-state.mjs').Recorder, onGivenUp: (error: StepError) => void }} on
   */
  constructor(program, on) {
    this.program = program
    this.on = on
  }

  /**
   * Starts the program and waits until it answers. If the program ends before, throws an error with the end of its log.
   * @param {number} timeoutMs
   */
  async start(timeoutMs) {
    const { name, health, logFile } = this.program
    if (existsSync(logFile) && statSync(logFile).size > MAX_LOG_BYTES) renameSync(logFile, `${logFile}.1`)
    const from = existsSync(logFile) ? statSync(logFile).size : 0
    const began = performance.now()
    this.#spawn()
    const alive = () => isAlive(this.#identity) && !this.#stop.signal.aborted
    const serving = health ? await answers(health, { timeoutMs, alive }) : alive()
    if (this.#stop.signal.aborted) return
    if (serving) {
      this.serves = true
      void this.#watch(began)
      return
    }
    const how = alive() ? `did not answer at ${health} within ${timeoutMs / 1000} s` : 'ended before it was ready'
    await this.kill()
    throw new StepError(`The ${name} ${how}.${lastLines(logFile, from)}`, `Its log is ${logFile}.`)
  }

  #spawn() {
    const { command, args, cwd, env, logFile, show } = this.program
    const log = openSync(logFile, 'a', 0o600)
    // The program gets its own process group. A Ctrl-C then reaches only this process, which stops all programs in
    // order. The program logs to a file, so that it survives if this process is killed. The next start finds and stops
    // it.
    const output = show ? 'pipe' : log
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', output, output] })
    closeSync(log)
    this.#ended = new Promise((resolve) => {
      child.once('error', () => resolve())
      child.once('exit', () => resolve())
    })
    this.#identity = child.pid === undefined ? undefined : identify(child.pid)
    if (this.#identity) this.on.record(this.#identity)
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue
      createInterface({ input: stream }).on('line', (line) => say(`${dim(`${this.program.name} |`)} ${line}`))
    }
  }

  /** @param {number} began */
  async #watch(began) {
    const { name, logFile } = this.program
    const backoff = new Backoff()
    for (let since = began; ; since = performance.now(), this.#spawn()) {
      await this.#ended
      if (this.#stop.signal.aborted) return
      const pause = backoff.next(performance.now() - since)
      if (pause === undefined) {
        const message = `The ${name} died ${FAILURES} times in a row and is not started again.${lastLines(logFile)}`
        return this.on.onGivenUp(new StepError(message, `Its log is ${logFile}.`))
      }
      say(yellow(`The ${name} died; it is restarted in ${pause / 1000} s. Its log is ${logFile}.`))
      await delay(pause, undefined, { signal: this.#stop.signal }).catch(() => {})
      if (this.#stop.signal.aborted) return
    }
  }

  /** Asks the program to end and waits. Returns whether it ended by itself. */
  async stop() {
    this.#stop.abort()
    return !this.#identity || stopProcess(this.#identity, { graceMs: this.program.graceMs ?? 35_000, group: true })
  }

  /** Kills the program. */
  async kill() {
    this.#stop.abort()
    if (this.#identity) await stopProcess(this.#identity, { ask: 'SIGKILL', graceMs: 2_000, group: true })
  }
}

/**
 * The last lines of a log that were written after a position.
 * @param {string} logFile
 */
function lastLines(logFile, from = 0) {
  if (!existsSync(logFile)) return ''
  const text = readFileSync(logFile).subarray(from).toString('utf8').trim()
  if (!text) return ''
  return `\n${text
    .split('\n')
    .slice(-15)
    .map((line) => `  ${readable(line)}`)
    .join('\n')}`
}

/**
 * A log line for people: the message and the error of a JSON line.
 * @param {string} line
 */
function readable(line) {
  try {
    const { msg, err } = JSON.parse(line)
    return [msg, err?.stack ?? err?.message].filter(Boolean).join(': ') || line
  } catch {
    return line
  }
}
