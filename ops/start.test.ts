import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ROOT } from './lib/paths.mjs'
import { freePort } from './lib/processes/ports.mjs'
import { type Identity, isAlive, until } from './lib/processes/processes.mjs'
import { makeTemporary, removeTemporary } from './lib/processes/run-state.mjs'

/** Each test starts the API and the worker, with servers, ports and a directory of their own. */
let dataDir: string
let env: NodeJS.ProcessEnv
let api: string
const started: ChildProcess[] = []

beforeEach(async () => {
  dataDir = makeTemporary('start')
  const port = await freePort()
  api = `http://127.0.0.1:${port}`
  env = { ...process.env, PORT: String(port), POSTGRES_PORT: '0', REDIS_PORT: '0', NODE_ENV: 'development' }
  delete env.DATABASE_URL
  delete env.REDIS_URL
})

afterEach(async () => {
  const over = started.splice(0)
  for (const child of over) child.kill('SIGKILL')
  await Promise.all(over.map(ended))
  await removeTemporary(dataDir)
})

function start() {
  const args = ['ops/start.mjs', '--data-dir', dataDir, '--only', 'api,worker', '--no-seed']
  const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] })
  started.push(child)
  const run = { child, output: '' }
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (run.output += chunk))
  return run
}

async function running(run: ReturnType<typeof start>) {
  await until(() => run.output.includes('AetherLink is running') || run.child.exitCode !== null, 90_000)
  expect(run.output).toContain('AetherLink is running')
  return children()
}

function children(): Record<string, Identity> {
  return JSON.parse(readFileSync(join(dataDir, 'run.json'), 'utf8')).children
}

/** Whether the API is ready. The request uses this installation's key. */
async function ready() {
  const headers = { authorization: `Bearer ${readFileSync(join(dataDir, 'admin-key'), 'utf8').trim()}` }
  const response = await fetch(`${api}/ready`, { headers }).catch(() => undefined)
  return response?.status === 200
}

const ended = (child: ChildProcess) =>
  new Promise<number | null>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(child.exitCode)
    else child.once('exit', resolve)
  })

test('a start serves, refuses a second one, restarts dead programs, and leaves nothing behind', async () => {
  const run = start()
  const up = await running(run)
  expect(await until(ready, 10_000)).toBe(true)
  expect(readFileSync(join(dataDir, 'admin-key'), 'utf8')).toMatch(/^alk_[\w-]{43}\n$/)

  const second = start()
  expect(await ended(second.child)).toBe(1)
  expect(second.output).toContain(`already running on ${dataDir}`)

  for (const name of ['api', 'redis', 'postgres']) process.kill(up[name]?.pid ?? 0, 'SIGKILL')
  const recovered = async () => {
    const again = children()
    const all = ['api', 'redis', 'postgres'].every((name) => again[name]?.pid !== up[name]?.pid && isAlive(again[name]))
    return all && ready()
  }
  expect(await until(recovered, 60_000)).toBe(true)

  const last = children()
  run.child.kill('SIGTERM')
  expect(await ended(run.child)).toBe(0)
  expect(Object.entries(last).filter(([, identity]) => isAlive(identity))).toEqual([])
  expect(existsSync(join(dataDir, 'run.json'))).toBe(false)
}, 240_000)

test('a start after a kill stops the leftovers and continues with the same data', async () => {
  const killed = start()
  const left = await running(killed)
  const key = readFileSync(join(dataDir, 'admin-key'), 'utf8')
  killed.child.kill('SIGKILL')
  await ended(killed.child)
  expect(Object.values(left).every((identity) => isAlive(identity))).toBe(true)

  const run = start()
  await running(run)
  expect(run.output).toContain(
    'Stopped processes that a killed npm start had left running: api, worker, redis, postgres.',
  )
  expect(Object.values(left).some((identity) => isAlive(identity))).toBe(false)
  expect(readFileSync(join(dataDir, 'admin-key'), 'utf8')).toBe(key)
  run.child.kill('SIGINT')
  expect(await ended(run.child)).toBe(0)
}, 240_000)
