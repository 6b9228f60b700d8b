/** An error that the user can fix. `hint` says how. */
export class StepError extends Error {
  /**
   * @param {string} message what went wrong
   * @param {string} [hint] what to do about it
   */
  constructor(message, hint) {
    super(message)
    this.name = 'StepError'
    this.hint = hint
  }
}

const tty = process.stdout.isTTY === true && !process.env.NO_COLOR
const paint = (/** @type {number} */ code, /** @type {string} */ text) => (tty ? `\x1b[${code}m${text}\x1b[0m` : text)

export const dim = (/** @type {string} */ text) => paint(2, text)
export const bold = (/** @type {string} */ text) => paint(1, text)
export const green = (/** @type {string} */ text) => paint(32, text)
export const red = (/** @type {string} */ text) => paint(31, text)
export const yellow = (/** @type {string} */ text) => paint(33, text)

/** @param {number} since value of performance.now() at the beginning */
export const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`

/** @param {string} text one line that belongs to no step */
export const say = (text) => void process.stdout.write(`${text}\n`)

/** Prints the progress of a command, step by step. With `quiet`, prints nothing. */
export class Steps {
  /**
   * @param {{ quiet?: boolean, stream?: NodeJS.WriteStream }} [options] `stream`: stdout, unless the command prints a result there
   */
  constructor({ quiet = false, stream = process.stdout } = {}) {
    this.quiet = quiet
    this.say = (/** @type {string} */ text) => void stream.write(`${text}\n`)
  }

  /**
   * Runs one step. At its end, prints a line with its name, note and duration. Steps may run in parallel.
   * @template T
   * @param {string} name
   * @param {(note: (text: string) => void) => T | Promise<T>} work `note` sets the text printed beside the name
   * @returns {Promise<T>}
   */
  async run(name, work) {
    const began = performance.now()
    let remark = ''
    // If the step is slow, a line says that it is running.
    const slow = this.quiet ? undefined : setTimeout(() => this.say(dim(`… ${name}`)), 3_000)
    try {
      const result = await work((text) => {
        remark = text
      })
      if (!this.quiet) this.say(`${green('✓')} ${name.padEnd(22)} ${dim(seconds(began).padStart(7))}  ${remark}`)
      return result
    } catch (error) {
      if (!this.quiet) this.say(`${red('✗')} ${name.padEnd(22)} ${dim(seconds(began).padStart(7))}`)
      throw error
    } finally {
      clearTimeout(slow)
    }
  }
}

/**
 * Prints why a command ends and what the user can do about it.
 * @param {unknown} error
 */
export function explain(error) {
  const message =
    error instanceof StepError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.stderr.write(`\n${red(message)}\n`)
  if (error instanceof StepError && error.hint) process.stderr.write(`${error.hint}\n`)
}
