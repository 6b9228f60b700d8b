import type { Readable, Writable } from 'node:stream'
import type { ExitCode } from './failure.ts'

/** The parts of the process that the command line uses. */
export interface Io {
  stdin: Readable & { isTTY?: boolean }
  stdout: Writable & { isTTY?: boolean; columns?: number }
  stderr: Writable & { isTTY?: boolean }
  env: Readonly<Record<string, string | undefined>>
  cwd: string
  /**
   * Returns a signal that Ctrl-C aborts, for commands that then end by themselves. If a command does not call this,
   * Ctrl-C ends the process immediately.
   */
  interruptible(): AbortSignal
  /** The exit code of the process. */
  exitCode: ExitCode
}
