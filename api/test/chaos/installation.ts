import pg from 'pg'
import { bundle } from '../../../ops/lib/build/build.mjs'
import { freePort } from '../../../ops/lib/processes/ports.mjs'
import { migrate } from '../../../prisma/migrate.ts'
import { type Program, startProgram } from './program.ts'
import { type Server, startServers } from './servers.ts'

/** A complete installation, made of separate processes, for tests of failures. */
export interface Installation {
  url: string
  adminKey: string
  postgres: Server
  redis: Server
  /** The API process that was started last. */
  readonly api: Program
  /** `env` overrides the installation's settings. */
  startApi(env?: Record<string, string>): Promise<Program>
  startWorker(env?: Record<string, string>): Promise<Program>
  graphql<Data>(document: string, variables: object): Promise<Data>
  /**
   * Runs a statement. Opens a new connection each time, because the server may have been down since the last statement.
   */
  sql<Row extends object>(text: string, values?: unknown[]): Promise<Row[]>
  /** Stops all running processes. */
  close(): Promise<void>
}

/** The times of sweeps, leases and locks are the defaults of production, because they are under test. */
const SETTINGS = {
  NODE_ENV: 'test',
  AUTH_MODE: 'keys',
  WEBHOOK_ALLOWED_CIDRS: '127.0.0.0/8',
  DATABASE_POOL: '8',
  LOG_LEVEL: 'info',
}

export async function createInstallation(): Promise<Installation> {
  await bundle()
  const servers = await startServers()
  const { postgres, redis, secrets } = servers
  const programs: Program[] = []
  let api: Program | undefined
  const close = async () => {
    for (const program of programs) if (!program.exit) await program.end('SIGKILL')
    await servers.close()
  }
  try {
    await migrate(postgres.url)
    await withTenant(postgres.url, 'tenant-1')
    const port = await freePort()
    const env: Record<string, string> = {
      ...SETTINGS,
      PORT: String(port),
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      SECRET_KEY: secrets.SECRET_KEY,
      AETHERLINK_ADMIN_KEY: secrets.AETHERLINK_ADMIN_KEY,
    }
    const url = `http://127.0.0.1:${port}`
    const started = async (program: Promise<Program>) => {
      programs.push(await program)
      return program
    }
    return {
      url,
      adminKey: secrets.AETHERLINK_ADMIN_KEY,
      postgres,
      redis,
      close,
      get api() {
        if (!api) throw new Error('the API has not been started')
        return api
      },
      async startApi(over) {
        api = await started(startProgram('server', 'listening', { ...env, ...over }))
        return api
      },
      startWorker: (over) => started(startProgram('worker', 'delivering', { ...env, ...over })),
      async graphql<Data>(document: string, variables: object) {
        const response = await fetch(`${url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${secrets.AETHERLINK_ADMIN_KEY}` },
          body: JSON.stringify({ query: document, variables }),
          signal: AbortSignal.timeout(15_000),
        })
        const { data, errors } = (await response.json()) as { data?: Data; errors?: Refusal['errors'] }
        if (errors || !data) throw new Refusal(errors ?? [], api?.tail() ?? '')
        return data
      },
      async sql<Row extends object>(text: string, values?: unknown[]) {
        const client = new pg.Client({ connectionString: postgres.url, application_name: 'chaos' })
        // A killed server may end the connection at any time. Only a failed statement matters.
        client.on('error', () => {})
        await client.connect()
        try {
          return (await client.query<Row & pg.QueryResultRow>(text, values)).rows
        } finally {
          await client.end()
        }
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Thrown for an operation that returned errors. */
export class Refusal extends Error {
  readonly errors: readonly { message: string; extensions?: { code?: string } }[]

  constructor(errors: Refusal['errors'], log: string) {
    super(`refused: ${JSON.stringify(errors)}; the API logged\n${log}`)
    this.errors = errors
  }

  get isUnavailable(): boolean {
    return this.errors.length > 0 && this.errors.every(({ extensions }) => extensions?.code === 'UNAVAILABLE')
  }
}

async function withTenant(databaseUrl: string, tenantId: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await client.query('INSERT INTO tenants (id, name, updated_at) VALUES ($1, $1, now())', [tenantId])
  } finally {
    await client.end()
  }
}
