import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { identify, isAlive, until } from './processes.mjs'
import { claim } from './run-state.mjs'

let dataDir: string
const spawned: ReturnType<typeof spawn>[] = []

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'run-state-test-'))
})

afterEach(async () => {
  for (const child of spawned.splice(0)) child.kill('SIGKILL')
  await rm(dataDir, { recursive: true })
})

function idle() {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  spawned.push(child)
  const identity = identify(child.pid ?? 0)
  if (!identity) throw new Error('the process did not start')
  return identity
}

/** Creates the data directory of a start that was killed. */
async function killed(children: object) {
  const dead = idle()
  spawned.at(-1)?.kill('SIGKILL')
  await until(() => !isAlive(dead), 5_000)
  await writeFile(join(dataDir, 'run.json'), JSON.stringify({ owner: dead, children }))
}

test('a directory is claimed once, and can be claimed again after its release', async () => {
  const run = await claim(dataDir)
  await expect(claim(dataDir)).rejects.toThrow(/already running .*process \d+/)
  run.release()
  const again = await claim(dataDir)
  again.release()
})

test('the leftovers of a killed start are stopped, and its claim is taken over', async () => {
  const worker = idle()
  await killed({ worker })
  const run = await claim(dataDir)
  expect(run.leftovers).toEqual(['worker'])
  expect(isAlive(worker)).toBe(false)
  expect(JSON.parse(await readFile(join(dataDir, 'run.json'), 'utf8')).owner.pid).toBe(process.pid)
})

test('another process that got the pid of an ended one is not stopped', async () => {
  const stranger = idle()
  await killed({ worker: { pid: stranger.pid, started: 'some other time' } })
  const run = await claim(dataDir)
  expect(run.leftovers).toEqual([])
  expect(isAlive(stranger)).toBe(true)
})
