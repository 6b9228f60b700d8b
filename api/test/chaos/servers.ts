import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../../ops/lib/processes/ports.mjs'
import { type Identity, signal } from '../../../ops/lib/processes/processes.mjs'
import { claim, makeTemporary, removeTemporary } from '../../../ops/lib/processes/run-state.mjs'
import { loadSecrets } from '../../../ops/lib/secrets.mjs'
import { serviceAccount } from '../../../ops/lib/services/account.mjs'
import { startPostgres } from '../../../ops/lib/services/postgres.mjs'
import { startRedis } from '../../../ops/lib/services/redis.mjs'

/** A server that a test may kill. It is restarted on the same port with the same files. */
export interface Server {
  readonly url: string
  /** Stops the server in an orderly way: for PostgreSQL, the "fast" shutdown. */
  stop(): Promise<void>
  /** Kills the server with SIGKILL. Resolves when it has ended. */
  crash(): Promise<void>
  /** Sends SIGSTOP: connections stay open, but get no responses. */
  freeze(): void
  thaw(): void
  start(): Promise<void>
}

export interface Servers {
  postgres: Server
  redis: Server
  secrets: ReturnType<typeof loadSecrets>
  close(): Promise<void>
}

/**
 * Starts PostgreSQL and Redis in a temporary directory. What a killed run has left is removed by the next run
 * (run-state.mjs).
 */
export async function startServers(): Promise<Servers> {
  const dataDir = makeTemporary('chaos')
  const run = await claim(dataDir)
  const secrets = loadSecrets(dataDir)
  const account = await serviceAccount(dataDir)
  const logs = join(dataDir, 'logs')
  mkdirSync(logs, { recursive: true })

  const server = async (
    name: string,
    launch: (port: number, record: (who: Identity) => void) => Promise<Launched>,
  ): Promise<Server> => {
    const port = await freePort()
    let who: Identity | undefined
    let running: Launched | undefined
    let url = ''
    const signalled = (which: NodeJS.Signals) => {
      if (!who || !running) throw new Error(`${name} does not run`)
      signal(who.pid, which)
    }
    const self: Server = {
      get url() {
        return url
      },
      async start() {
        running = await launch(port, (identity) => {
          who = identity
          run.record(name, identity)
        })
        url = running.url
      },
      async stop() {
        await running?.stop()
        running = undefined
      },
      async crash() {
        signalled('SIGKILL')
        await running?.ended
        running = undefined
      },
      freeze: () => signalled('SIGSTOP'),
      thaw: () => signalled('SIGCONT'),
    }
    await self.start()
    return self
  }

  const started: Server[] = []
  const close = async () => {
    for (const each of started.reverse()) await each.stop()
    await removeTemporary(dataDir)
  }
  try {
    const postgres = await server('postgres', async (port, record) => {
      const options = {
        account,
        port,
        password: secrets.POSTGRES_PASSWORD,
        logFile: join(logs, 'postgres.log'),
        record,
        // A killed server loses nothing that it has passed to the kernel, and no test cuts the power.
        shortLived: true,
      }
      const { url, ended, stop } = await startPostgres(options)
      return { url: url('aetherlink'), ended, stop }
    })
    started.push(postgres)
    const redis = await server('redis', (port, record) =>
      startRedis({ account, port, password: secrets.REDIS_PASSWORD, logFile: join(logs, 'redis.log'), record }),
    )
    started.push(redis)
    return { postgres, redis, secrets, close }
  } catch (error) {
    await close()
    throw error
  }
}

interface Launched {
  url: string
  ended: Promise<void>
  stop: () => Promise<void>
}
