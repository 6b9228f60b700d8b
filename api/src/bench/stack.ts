import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { request } from 'undici'
import { type Burst, sendBurst } from './burst.ts'

/** A running AetherLink for one round: API, worker and receiver, with a database of their own. */
export interface Stack {
  apiOrigin: string
  receiverOrigin: string
  bareOrigin: string
  db: pg.Client
  databaseUrl: string
  headers: Record<string, string>
  graphql<Data>(query: string, variables?: object): Promise<Data>
  /**
   * Starts another API on the same servers and returns its origin. The API ends with the stack; its output is
   * discarded.
   */
  anotherApi(file: string, env: Record<string, string>): Promise<string>
  /** Sends a burst of requests from a process of its own (burst.ts). */
  burst(burst: Omit<Burst, 'headers'>): Promise<number[]>
  /** Starts a web server with the web console for this stack's API, and returns its origin. It ends with the stack. */
  startWeb(): Promise<string>
  /** Starts another worker; resolves when it has sent its first heartbeat. */
  startWorker(env?: Record<string, string>): Promise<void>
  /**
   * Ends the API at this origin with SIGTERM, as a rolling restart does. Resolves when it has ended; rejects if it did
   * not drain.
   */
  endApi(origin: string): Promise<void>
  /** Ends the oldest worker with SIGTERM. Resolves when it has ended; rejects if it did not drain. */
  endOldestWorker(): Promise<void>
  /** Kills all workers with SIGKILL. */
  killWorkers(): Promise<void>
  /** The peak resident memory of API and worker together, in bytes (Linux only; NaN elsewhere). */
  peakMemory(): number
  /** The present resident memory of API and worker together, in bytes (Linux only; NaN elsewhere). */
  memory(): number
  /** The CPU time that the worker has used so far, in seconds (Linux only; NaN elsewhere). */
  workerCpuSeconds(): number
  /** The CPU time that PostgreSQL has used so far, in seconds (Linux only, with the server on this machine). */
  postgresCpuSeconds(): Promise<number>
  stop(): Promise<void>
}

const PORT_TRIES = 5

export async function startStack(): Promise<Stack> {
  const base = required('DATABASE_URL')
  const name = `aetherlink_bench_${randomBytes(4).toString('hex')}`
  const databaseUrl = withDatabase(base, name)
  // The database in DATABASE_URL is migrated and empty. Each stack gets a copy of it.
  await onServer(base, `CREATE DATABASE ${name} TEMPLATE ${new URL(base).pathname.slice(1)}`)
  const adminKey = `alk_${randomBytes(32).toString('base64url')}`
  const env = {
    ...process.env,
    DATABASE_URL: databaseUrl,
    REDIS_URL: required('REDIS_URL'),
    REDIS_PREFIX: name,
    SECRET_KEY: randomBytes(32).toString('base64'),
    AETHERLINK_ADMIN_KEY: adminKey,
    WEBHOOK_ALLOWED_CIDRS: '127.0.0.0/8',
    PROBE_ALLOWED_CIDRS: '127.0.0.0/8',
    AUTOHEAL_MODE: 'off',
    LOG_LEVEL: 'warn',
    // As in production. GraphQL.js then skips checks that it makes only in development.
    NODE_ENV: 'production',
  }
  const children: ChildProcess[] = []
  const profile = process.env.BENCH_PROFILE ? ['--cpu-prof', `--cpu-prof-dir=${process.env.BENCH_PROFILE}`] : []
  const child = (
    file: string,
    args: string[],
    extra: Record<string, string> = {},
    stdout: 'inherit' | 'ignore' = 'inherit',
  ) => {
    const childProcess = fork(join(import.meta.dirname, file), args, {
      env: { ...env, ...extra },
      execArgv: file === 'bench.js' ? [] : profile,
      stdio: ['ignore', stdout, 'inherit', 'ipc'],
    })
    children.push(childProcess)
    return childProcess
  }
  const startOnPort = async (what: string, health: string, start: (port: string) => ChildProcess) => {
    for (let i = 0; i < PORT_TRIES; i++) {
      const port = 20_000 + (randomBytes(2).readUInt16BE() % 20_000)
      const server = start(String(port))
      const origin = `http://127.0.0.1:${port}`
      if (await answers(`${origin}${health}`, server)) return { server, origin }
    }
    throw new Error(`${what} did not start`)
  }
  const startApi = (file: string, extra: Record<string, string>, stdout?: 'ignore') =>
    startOnPort('the API', '/health', (PORT) => child(file, [], { ...extra, PORT }, stdout))
  const receiverPort = await portOf(child('bench.js', ['--as-receiver']))
  const barePort = await portOf(child('bench.js', ['--as-bare-server']))
  const { server: api, origin: apiOrigin } = await startApi('server.js', {})
  const apis = new Map([[apiOrigin, api]])
  const workers = [child('worker.js', [])]
  let burstSender: ChildProcess | undefined
  const db = new pg.Client({ connectionString: databaseUrl })
  await db.connect()

  const headers = { 'content-type': 'application/json', authorization: `Bearer ${adminKey}` }
  return {
    apiOrigin,
    receiverOrigin: `http://127.0.0.1:${receiverPort}`,
    bareOrigin: `http://127.0.0.1:${barePort}`,
    db,
    databaseUrl,
    headers,
    graphql: graphqlAt(apiOrigin, headers),
    async anotherApi(file, extra) {
      const { server, origin } = await startApi(file, extra, 'ignore')
      apis.set(origin, server)
      return origin
    },
    burst: (burst) => {
      burstSender ??= child('bench.js', ['--as-burst-sender'])
      return sendBurst(burstSender, { ...burst, headers })
    },
    async startWeb() {
      const start = (port: string) =>
        child('../../web/dist/server.js', ['--port', port], { API_URL: apiOrigin }, 'ignore')
      return (await startOnPort('the web', '/health.json', start)).origin
    },
    async startWorker(extra = {}) {
      const worker = child('worker.js', [], extra)
      workers.push(worker)
      const query = `SELECT FROM workers WHERE name LIKE '%:' || $1`
      while ((await db.query(query, [worker.pid])).rowCount === 0) {
        if (worker.exitCode !== null) throw new Error('the worker did not start')
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
    endApi: (origin) => drained(apis.get(origin)),
    endOldestWorker: () => drained(workers.shift()),
    async killWorkers() {
      const killed = workers.splice(0)
      for (const worker of killed) worker.kill('SIGKILL')
      await Promise.all(killed.map(ended))
    },
    workerCpuSeconds: () => cpuSecondsOf(workers[0]?.pid),
    async postgresCpuSeconds() {
      const { rows } = await db.query<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'`,
      )
      return cpuSecondsOfServer(rows[0]?.pid)
    },
    peakMemory: () => [api, ...workers].reduce((sum, { pid }) => sum + residentOf(pid, 'VmHWM'), 0),
    memory: () => [api, ...workers].reduce((sum, { pid }) => sum + residentOf(pid, 'VmRSS'), 0),
    async stop() {
      await db.end()
      for (const childProcess of children) childProcess.kill('SIGTERM')
      await Promise.all(children.map(ended))
      await onServer(base, `DROP DATABASE ${name} WITH (FORCE)`)
    },
  }
}

const graphqlAt =
  (origin: string, headers: Record<string, string>) =>
  async <Data>(query: string, variables?: object): Promise<Data> => {
    const body = JSON.stringify({ query, variables })
    const response = await request(`${origin}/graphql`, { method: 'POST', headers, body })
    const result = (await response.body.json()) as { data?: Data; errors?: unknown[] }
    if (!result.data || result.errors) throw new Error(`the operation failed: ${JSON.stringify(result.errors)}`)
    return result.data
  }

/** Resolves when the process has ended. */
const ended = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode === null && child.signalCode === null) await new Promise((resolve) => child.once('exit', resolve))
}

/** Kernel ticks per second. It is 100 on every Linux that Node.js supports. */
const TICKS = 100

function cpuSecondsOf(pid: number | undefined): number {
  const stat = statOf(pid)
  return stat ? stat.own / TICKS : Number.NaN
}

/** The CPU time of a server whose child process is `pid`: of itself, its children, and its children that have ended. */
function cpuSecondsOfServer(pid: number | undefined): number {
  const server = statOf(pid)?.parent
  const stat = statOf(server)
  if (!stat) return Number.NaN
  const children = readdirSync('/proc')
    .map((name) => statOf(Number(name)))
    .filter((child) => child?.parent === server)
  return (stat.own + stat.endedChildren + children.reduce((sum, child) => sum + (child?.own ?? 0), 0)) / TICKS
}

/** The parent of a process, its CPU time and that of its children that have ended, in ticks. Null if it does not exist. */
function statOf(pid: number | undefined): { parent: number; own: number; endedChildren: number } | null {
  try {
    // The process name in parentheses may contain spaces, so fields are counted from the closing parenthesis. The parent
    // is field 4; user and system time are the fields 14 and 15, and those of ended children 16 and 17.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
      .map(Number)
    const ticks = (from: number) => fields[from]! + fields[from + 1]!
    return { parent: fields[1]!, own: ticks(11), endedChildren: ticks(13) }
  } catch {
    return null
  }
}

/** The resident memory of a process in bytes: its peak (VmHWM), or its present value (VmRSS). */
function residentOf(pid: number | undefined, field: 'VmHWM' | 'VmRSS'): number {
  try {
    return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
  } catch {
    return Number.NaN
  }
}

/** Sends SIGTERM and waits for the end of the process. Rejects if it ends in another way than by itself with 0. */
async function drained(child: ChildProcess | undefined): Promise<void> {
  if (!child) throw new Error('there is no such process')
  child.kill('SIGTERM')
  await ended(child)
  const how = String(child.signalCode ?? child.exitCode)
  if (how !== '0') throw new Error(`a process ended with ${how} after SIGTERM`)
}

const portOf = (child: ChildProcess) =>
  new Promise<number>((resolve, reject) => {
    child.once('message', (message: { port: number }) => resolve(message.port))
    child.once('exit', (code) => reject(new Error(`a bench process ended with ${code}`)))
  })

/** Waits until a URL answers. False if the process ends first, because its port was already in use. */
async function answers(url: string, child: ChildProcess): Promise<boolean> {
  const deadline = Date.now() + 20_000
  while (child.exitCode === null && Date.now() < deadline) {
    const ok = await request(url).then(
      async ({ statusCode, body }) => {
        await body.dump()
        return statusCode === 200
      },
      () => false,
    )
    if (ok) return true
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return false
}

function required(name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set; npm run bench sets it`)
  return value
}

function withDatabase(url: string, name: string): string {
  const result = new URL(url)
  result.pathname = `/${name}`
  return result.href
}

async function onServer(url: string, statement: string): Promise<void> {
  const server = new pg.Client({ connectionString: withDatabase(url, 'postgres') })
  await server.connect()
  try {
    await server.query(statement)
  } finally {
    await server.end()
  }
}
