import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The environment of a program of the installation under test. Works only on Linux. */
export function environmentOf(program: 'api' | 'worker'): NodeJS.ProcessEnv {
  const run: { children: Record<string, { pid: number }> } = JSON.parse(
    readFileSync(join(process.env.E2E_DATA_DIR ?? '', 'run.json'), 'utf8'),
  )
  const pid = run.children[program]?.pid
  if (pid === undefined) throw new Error(`the installation has no program ${program}`)
  const pairs = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  return Object.fromEntries(
    pairs.flatMap((pair) => {
      const at = pair.indexOf('=')
      return at > 0 ? [[pair.slice(0, at), pair.slice(at + 1)]] : []
    }),
  )
}

/** Lines of a worker's log that a failed test prints. */
const LOG_LINES = 60

/**
 * Runs `body` beside another worker of the installation under test, which has settings of its own and stops afterwards.
 * If `body` fails, the end of the worker's log is printed. Works only on Linux.
 */
export async function withWorker<T>(settings: Record<string, string>, body: () => Promise<T>): Promise<T> {
  const logFile = join(process.env.E2E_DATA_DIR ?? '', 'logs', `worker-${process.pid}-${Date.now()}.log`)
  const log = openSync(logFile, 'a')
  const child: ChildProcess = spawn(process.execPath, [join(import.meta.dirname, '../api/dist/worker.js')], {
    env: { ...environmentOf('worker'), ...settings },
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  try {
    return await body()
  } catch (error) {
    console.error(
      `The end of the worker's log:\n${readFileSync(logFile, 'utf8').split('\n').slice(-LOG_LINES).join('\n')}`,
    )
    throw error
  } finally {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
  }
}
