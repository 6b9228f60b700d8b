import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ROOT } from '../../../ops/lib/paths.mjs'
import { until } from '../harness.ts'

/** How a process ended: its exit code or a signal. */
export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

/** A process of the installation, started from its bundle as `npm start` does. */
export interface Program {
  readonly pid: number
  readonly exit: Exit | null
  /** The last lines of its log, for error messages. */
  tail(): string
  signal(signal: NodeJS.Signals): void
  /** Sends a signal and waits for the exit. Rejects after `limitMs`. */
  end(signal: NodeJS.Signals, limitMs?: number): Promise<Exit>
}

const KEPT_LINES = 40
/** API and worker end by themselves 15 s after SIGTERM at the latest (onShutdown). */
const END_WITHIN_MS = 20_000

/** Starts `api/dist/<name>.js` and waits until it has logged `ready`. */
export async function startProgram(
  name: 'server' | 'worker',
  ready: string,
  env: Record<string, string>,
): Promise<Program> {
  const child = spawn(process.execPath, [join(ROOT, `api/dist/${name}.js`)], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  let isReady = false
  let exit: Exit | null = null
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      isReady ||= line.includes(`"msg":"${ready}"`)
      lines.push(line)
      if (lines.length > KEPT_LINES) lines.shift()
    })
  }
  child.on('error', (error) => lines.push(String(error)))
  child.on('exit', (code, signal) => {
    exit = { code, signal }
  })

  const program: Program = {
    pid: child.pid ?? 0,
    get exit() {
      return exit
    },
    tail: () => lines.join('\n'),
    signal: (signal) => void child.kill(signal),
    async end(signal, limitMs = END_WITHIN_MS) {
      child.kill(signal)
      try {
        return await until(`${name} ended by ${signal}`, () => exit, limitMs)
      } catch (error) {
        throw new Error(`${error}; it logged\n${program.tail()}`)
      }
    },
  }
  try {
    await until(`${name} logs "${ready}"`, () => isReady || exit !== null, 60_000)
  } catch (error) {
    child.kill('SIGKILL')
    throw new Error(`${error}; it logged\n${program.tail()}`)
  }
  if (exit) throw new Error(`${name} ended with ${JSON.stringify(exit)} before it was ready:\n${program.tail()}`)
  return program
}
