import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest'
import { publicId } from '../../src/kit/ids.ts'
import { until } from '../harness.ts'
import { type Receiver, slow, startReceiver } from '../servers/receivers.ts'
import { createInstallation, type Installation } from './installation.ts'
import { type Account, account } from './ledger.ts'
import { type Load, startLoad, subscribe } from './load.ts'
import type { Program } from './program.ts'

/** Number of events per test. There are enough for a fault in the middle to hit events in every stage of delivery. */
export const EVENTS = 600

/** The expected result: nothing was lost, and every received request has a recorded attempt. */
export const IN_ORDER: Account = { stored: EVENTS, lost: [], irregular: [], cutOff: [], failures: [] }

/** An installation for a test file, and a receiver and workers for each test. */
export interface Scene {
  readonly installation: Installation
  readonly receiver: Receiver
  startWorker(env?: Record<string, string>): Promise<Program>
  /** Publishes events to the receiver of the test. */
  publish(source: string, count?: number): Promise<Load>
  /** Waits until this share or number of a load's events has been received. */
  received(load: Load, many: number | { count: number }): Promise<void>
  account(load: Load): Promise<Account>
  /** Public ids of the events in a load whose deliveries a worker has leased. */
  leased(load: Load): Promise<string[]>
  /** Runs commands on a separate Redis connection. */
  withRedis<T>(work: (redis: Redis) => Promise<T>): Promise<T>
}

export function useScene(): Scene {
  let installation: Installation
  let receiver: Receiver
  const workers: Program[] = []
  vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

  beforeAll(async () => {
    installation = await createInstallation()
    await installation.startApi()
  })
  afterAll(() => installation?.close())
  beforeEach(async () => {
    // The receiver is slow, so that some requests are always in flight.
    receiver = await startReceiver(slow(40))
  })
  afterEach(async () => {
    for (const worker of workers.splice(0)) if (!worker.exit) await worker.end('SIGKILL')
    await receiver.close()
  })

  const scene: Scene = {
    get installation() {
      return installation
    },
    get receiver() {
      return receiver
    },
    async startWorker(env) {
      const worker = await installation.startWorker(env)
      workers.push(worker)
      return worker
    },
    async publish(source, count = EVENTS) {
      await subscribe(installation, source, receiver)
      return startLoad(installation, source, count)
    },
    async received(load, many) {
      const count = typeof many === 'number' ? Math.ceil(many * load.total) : many.count
      try {
        await until(`${count} requests received`, () => receiver.requests.length >= count, 60_000)
      } catch (error) {
        const logged = workers.map((worker) => worker.tail()).join('\n')
        throw new Error(`${error}; there were ${receiver.requests.length}; the worker logged\n${logged}`)
      }
    },
    account: (load) => account(installation, load, receiver),
    async leased({ source }) {
      const rows = await installation.sql<{ event_id: string }>(
        `SELECT d.event_id FROM deliveries d JOIN events e ON e.id = d.event_id
         WHERE e.source = $1 AND d.completed_at IS NULL AND d.lease_until IS NOT NULL`,
        [source],
      )
      return rows.map(({ event_id }) => publicId('evt', event_id))
    },
    async withRedis(work) {
      const redis = new Redis(installation.redis.url)
      try {
        return await work(redis)
      } finally {
        redis.disconnect()
      }
    },
  }
  return scene
}
