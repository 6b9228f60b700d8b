import type { Readable, Writable } from 'node:stream'
import type { ExitCode } from './failure.ts'

/** The parts of the process that the command line uses. */
export interface Io {
  stdin: Readable & { isTTY?: boolean }
  stdout: Writable & { isTTY?: boolean; columns?: number }
  stderr: Writable & { isTTY?: boolean }
  env: Readonly<Record<string, string | undefined>>
  cwd: string
  /** A signal that Ctrl-C aborts, for a command that then ends by itself. Without a call, Ctrl-C ends the process at once. */
  interruptible(): AbortSignal
  /** The exit code of the process. */
  exitCode: ExitCode
}
