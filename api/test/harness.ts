import { randomBytes } from 'node:crypto'
import { type Duplex, duplexPair } from 'node:stream'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import type { Role } from '../../prisma/generated/client/enums.ts'
import type { Alerting } from '../src/alerts/alerting.ts'
import { createServer } from '../src/app.ts'
import type { AppContext, Clock } from '../src/app-context.ts'
import { createAppContext } from '../src/app-context.ts'
import { parseEnv } from '../src/env.ts'
import { createRequestLog } from '../src/kit/log.ts'
import { createPipeline, type Delivering, type Pipeline } from '../src/pipeline.ts'
import type { RetentionWorker } from '../src/retention/retention-worker.ts'
import type { Tracing } from '../src/tracing/tracing.ts'
import { createTestDatabase } from './harness/database.ts'
import { createKeys } from './harness/keys.ts'
import { forgetRedis, watchConsole } from './harness/leftovers.ts'
import { startWorker } from './harness/worker.ts'

/** The identity that sends a request: a role (with or without a tenant), a given bearer token, or no identity. */
export type As = { role: Role; tenantId?: string | null } | { bearer: string } | null

const ANY_ADMIN: As = { role: 'ADMIN' }

export interface RequestOptions {
  /** Who sends the request; by default an ADMIN without a tenant. */
  as?: As
  headers?: Record<string, string>
}

export interface GraphQLAnswer<Data> {
  status: number
  headers: Headers
  data: Data | null | undefined
  errors: GraphQLFailure[] | undefined
}

export interface GraphQLFailure {
  message: string
  path?: (string | number)[]
  extensions: { code: string; path?: string[]; issues?: { path: string[]; message: string }[]; requestId?: string }
}

export interface TestApp {
  url: string
  core: AppContext
  pipeline: Pipeline
  /** The worker, if started with `worker: true`. */
  delivering: Delivering | null
  retention: RetentionWorker | null
  /** The worker's part of alerts, if started with `worker: true`. */
  alerting: Alerting | null
  /** Sends an operation and returns its result or errors. */
  gql<Data>(document: string, variables?: object, options?: RequestOptions): Promise<GraphQLAnswer<Data>>
  /** Returns the data of an operation that must succeed. */
  ok<Data>(document: string, variables?: object, options?: RequestOptions): Promise<Data>
  /** Returns the first error of an operation that must fail, with its extensions. */
  fails(
    document: string,
    variables?: object,
    options?: RequestOptions,
  ): Promise<GraphQLFailure & GraphQLFailure['extensions']>
  /** A plain HTTP request to a path of the API. */
  http(path: string, init?: RequestInit, options?: RequestOptions): Promise<Response>
  /** A connection to the API without a network. */
  connect(): Duplex
  sql<Row extends object>(text: string, values?: unknown[]): Promise<Row[]>
  /** Advances the test clock of `options.clock`, and the database's clock for deliveries. */
  travel(ms: number): Promise<void>
  /** Log entries as objects; `level` is pino's level name. */
  logs: Array<Record<string, unknown> & { level: string; msg: string }>
  /** The lines of the request log as objects. */
  requests: Record<string, unknown>[]
  /**
   * Stops everything and drops the database. Rejects if a connection is still open, or if an error was logged without
   * `expectErrors`.
   */
  stop(): Promise<void>
}

export interface TestAppOptions {
  /** Settings by name. Other settings have values for tests. */
  env?: Record<string, string>
  /** Whether a worker runs too. */
  worker?: boolean
  clock?: TestClock | Clock
  random?: () => number
  /** The tracing of the API and the worker, which is closed with them. By default, tracing is off. */
  tracing?: Tracing
  /**
   * Starts another process of the same installation. It uses that app's database, Redis prefix and SECRET_KEY (unless
   * `env` overrides it). It must be stopped before that app.
   */
  beside?: TestApp
  /** Whether PostgreSQL and Redis are unavailable from the start. */
  away?: boolean
  /** Tenants to create at the start. */
  tenants?: readonly string[]
  /** Whether the test expects logged errors. */
  expectErrors?: boolean
}

/**
 * Starts the API, and optionally a worker, in this process with a real PostgreSQL and Redis. It has its own database,
 * Redis prefix and port.
 */
export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const { beside } = options
  const database = options.away || beside ? null : await createTestDatabase(required('DATABASE_URL'))
  const env = parseEnv({
    NODE_ENV: 'test',
    DATABASE_URL: database?.url ?? beside?.core.env.DATABASE_URL ?? 'postgresql://nobody@127.0.0.1:1/nothing',
    DATABASE_POOL: '6',
    REDIS_URL: options.away ? 'redis://127.0.0.1:1' : required('REDIS_URL'),
    REDIS_PREFIX: beside?.core.env.REDIS_PREFIX ?? `test-${randomBytes(6).toString('hex')}`,
    SECRET_KEY: beside?.core.env.SECRET_KEY ?? randomBytes(32).toString('base64'),
    AUTH_MODE: 'dev',
    WEBHOOK_ALLOWED_CIDRS: '127.0.0.0/8,::1/128',
    AUTOHEAL_MODE: 'off',
    ...options.env,
  })
  const logs: TestApp['logs'] = []
  const quiet = watchConsole()
  const log = pino(
    { level: 'info', formatters: { level: (level) => ({ level }) } },
    { write: (line: string) => void logs.push(JSON.parse(line)) },
  )
  const requests: TestApp['requests'] = []
  const requestLog = createRequestLog('info', 'api', { write: (line) => void requests.push(JSON.parse(line)) })
  const over = {
    log,
    requestLog,
    ...(options.clock && { clock: options.clock }),
    ...(options.random && { random: options.random }),
    ...(options.tracing && { tracing: options.tracing }),
  }
  const core = createAppContext(env, 'api', over)
  if (database) await addTenants(core, options.tenants ?? TENANTS)
  const pipeline = createPipeline(core)
  const server = createServer(core, pipeline, new Registry())
  const url = `http://127.0.0.1:${await server.start(0, '127.0.0.1')}`
  const worker = options.worker ? startWorker(createAppContext(env, 'worker', over)) : null
  const keyOf = createKeys(core)

  const http: TestApp['http'] = async (path, init = {}, { as = ANY_ADMIN, headers } = {}) => {
    const bearer = as && ('bearer' in as ? as.bearer : await keyOf(as.role, as.tenantId ?? null))
    return fetch(`${url}${path}`, {
      ...init,
      headers: { ...(bearer && { authorization: `Bearer ${bearer}` }), ...(init.headers as object), ...headers },
    })
  }
  const gql = async <Data>(document: string, variables?: object, requestOptions?: RequestOptions) => {
    const body = JSON.stringify({ query: document, variables })
    const init = { method: 'POST', body, headers: { 'content-type': 'application/json' } }
    const response = await http('/graphql', init, requestOptions)
    const result = (await response.json()) as { data?: Data | null; errors?: GraphQLFailure[] }
    return { status: response.status, headers: response.headers, data: result.data, errors: result.errors }
  }

  return {
    url,
    core,
    pipeline,
    delivering: worker?.delivering ?? null,
    retention: worker?.retention ?? null,
    alerting: worker?.alerting ?? null,
    logs,
    requests,
    http,
    gql,
    async ok<Data>(document: string, variables?: object, requestOptions?: RequestOptions) {
      const { data, errors } = await gql<Data>(document, variables, requestOptions)
      if (errors || !data) throw new Error(`the operation failed: ${JSON.stringify(errors, null, 2)}`)
      return data
    },
    async fails(document, variables, requestOptions) {
      const { data, errors } = await gql<unknown>(document, variables, requestOptions)
      const first = errors?.[0]
      if (!first) throw new Error(`the operation succeeded: ${JSON.stringify(data)}`)
      return { ...first, ...first.extensions, path: first.extensions.path }
    },
    connect() {
      const [ours, theirs] = duplexPair()
      server.accept(theirs)
      return ours
    },
    sql: (text, values) => core.db.query(text, values),
    async travel(ms) {
      if (!options.clock || !('advance' in options.clock)) throw new Error('travel takes a test clock')
      options.clock.advance(ms)
      await core.db.query(`CREATE OR REPLACE FUNCTION db_now() RETURNS TIMESTAMPTZ LANGUAGE sql STABLE PARALLEL SAFE AS $$
        SELECT date_trunc('milliseconds', now()) + interval '${options.clock() - Date.now()} milliseconds' $$`)
    },
    async stop() {
      await server.stop(5_000)
      await worker?.stop()
      await pipeline.close()
      if (!beside && core.redis.status === 'ready') await forgetRedis(core)
      await core.close()
      await database?.drop()
      const stray = quiet()
      if (stray.length > 0) throw new Error(`console.error was called:\n${stray.join('\n')}`)
      const errors = logs.filter(({ level }) => level === 'error' || level === 'fatal')
      if (errors.length > 0 && !options.expectErrors) {
        throw new Error(`errors were logged:\n${errors.map((entry) => JSON.stringify(entry)).join('\n')}`)
      }
    },
  }
}

const TENANTS = ['tenant-1', 'tenant-2', 'tenant-acme', 'tenant-other']

export const addTenants = (core: AppContext, tenants: readonly string[]) =>
  core.db.query(
    'INSERT INTO tenants (id, name, updated_at) SELECT t, t, now() FROM unnest($1::text[]) t ON CONFLICT DO NOTHING',
    [tenants],
  )

/**
 * Waits until `probe` returns a truthy value, and resolves to this value. After `timeoutMs`, rejects with an error that
 * contains `what`.
 */
export async function until<T>(
  what: string,
  probe: () => Promise<T> | T,
  timeoutMs = 10_000,
): Promise<Exclude<T, null | undefined | false | 0 | ''>> {
  for (const deadline = Date.now() + timeoutMs; ; ) {
    const answer = await probe()
    if (answer) return answer as Exclude<T, null | undefined | false | 0 | ''>
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 15))
  }
}

export type TestClock = Clock & { advance(ms: number): void }

/** A clock that follows the system clock and can be advanced. */
export function createTestClock(): TestClock {
  let ahead = 0
  return Object.assign(() => Date.now() + ahead, {
    advance: (ms: number) => {
      ahead += ms
    },
  })
}

function required(name: 'DATABASE_URL' | 'REDIS_URL'): string {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set: api/test/global-setup.ts sets it`)
  return value
}
