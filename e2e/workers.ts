import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
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

/** Starts another worker of the installation under test, with settings of its own. Works only on Linux. */
export async function startWorker(settings: Record<string, string>): Promise<{ stop: () => Promise<void> }> {
  const child: ChildProcess = spawn(process.execPath, [join(import.meta.dirname, '../api/dist/worker.js')], {
    env: { ...environmentOf('worker'), ...settings },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return {
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}
