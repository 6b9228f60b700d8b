import { readdirSync, readFileSync } from 'node:fs'
import { commandLine, identify, stopProcess, until } from './processes.mjs'

/**
 * Ends all processes that have this value of AETHERLINK_TEST_RUN in their environment, regardless of their parent.
 * Processes that are already ending get time to end. Returns the command lines of the others.
 *
 * Only Linux exposes the environment of other processes. On other systems no process is found.
 * @param {string} mark
 */
export async function endLeaked(mark) {
  if (process.platform !== 'linux') return []
  await until(() => marked(mark).length === 0, 2_000)
  const leaked = marked(mark).map((pid) => ({ line: commandLine(pid).trim(), who: identify(pid) }))
  for (const { who } of leaked) if (who) await stopProcess(who, { graceMs: 5_000 })
  return leaked.filter(({ who }) => who).map(({ line }) => line)
}

/** @param {string} mark */
function marked(mark) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`AETHERLINK_TEST_RUN=${mark}`)
      } catch {
        return false // the process has ended or belongs to another user
      }
    })
}
