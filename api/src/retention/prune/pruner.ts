import type { PoolClient } from 'pg'
import { z } from 'zod'
import type { AppContext } from '../../app-context.ts'
import { systemCaller } from '../../audit/entry.ts'
import type { ExpiringTable } from '../../db/expiring-table.ts'
import type { Publisher } from '../../events/publish/publish.ts'
import { createSingleFlight } from '../../kit/async/single-flight.ts'
import type { JobKind } from '../../kit/jobs/jobs.ts'
import { createArchiveStore } from '../archive/create-store.ts'
import { executeRun } from './execute.ts'
import { forgetOldRuns, insertRun, nextRun } from './run-rows.ts'

/** Tells the workers that there is a new run. */
export const PRUNE: JobKind<Record<string, never>> = { name: 'prune', payload: z.strictObject({}) }

/** How often a worker looks for a run that nobody executes, because its worker was killed or its job was lost. */
const RESUME_EVERY_MS = 10_000

export interface PrunerOptions {
  publisher: Publisher
  tables: readonly ExpiringTable[]
}

/** Executes prune runs in a worker. Only one worker of an installation prunes at a time. */
export class Pruner {
  readonly #core: AppContext
  readonly #options: PrunerOptions
  readonly #stopping = new AbortController()
  readonly #working = createSingleFlight(() => this.#workAlone())

  constructor(core: AppContext, options: PrunerOptions) {
    this.#core = core
    this.#options = options
  }

  start(): void {
    const { jobs, env } = this.#core
    jobs.process(PRUNE, { concurrency: 1, run: () => this.work() })
    jobs.every('retention.prune', env.EVENT_RETENTION_CRON_SECONDS * 1_000, () => this.prune())
    jobs.every('retention.resume', RESUME_EVERY_MS, () => this.work())
  }

  /** Creates a prune run of all scopes, and executes it unless another worker is pruning. */
  async prune(): Promise<void> {
    await insertRun(this.#core, systemCaller('retention').identity)
    await this.work()
  }

  /** Executes the unfinished runs, unless another worker is pruning. Resolves when none are left, or after `stop`. */
  work(): Promise<void> {
    return this.#working.run()
  }

  /** Interrupts a run between two steps. Another worker, or this one after its restart, continues the run. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the worker stops'))
    await this.#working.current
  }

  async #workAlone(): Promise<void> {
    const { db, log } = this.#core
    if (this.#stopping.signal.aborted || !(await nextRun(db.pool))) return
    const client = await db.connect()
    try {
      if (await tryLock(client)) await this.#executeAll(client)
    } catch (error) {
      if (!this.#stopping.signal.aborted) log.warn({ err: error }, 'a prune run was interrupted; it will continue soon')
    } finally {
      // Closes the connection, which holds the lock, and does not return it to the pool.
      client.release(true)
    }
  }

  async #executeAll(client: PoolClient): Promise<void> {
    const { signal } = this.#stopping
    const { env } = this.#core
    const store = env.EVENT_ARCHIVE_ENABLED ? createArchiveStore(env) : null
    try {
      for (let run = await nextRun(client); run && !signal.aborted; run = await nextRun(client))
        await executeRun({ core: this.#core, client, run, store, signal, ...this.#options })
      await forgetOldRuns(client, this.#core.clock())
    } finally {
      store?.close()
    }
  }
}

/**
 * Acquires the lock that only one pruner of the installation can hold. It belongs to the connection, so it is released
 * when the worker is killed. If the worker's machine is lost, TCP keepalives end the connection within a minute.
 */
async function tryLock(client: PoolClient): Promise<boolean> {
  await client.query(
    'SET statement_timeout = 0; SET tcp_keepalives_idle = 20; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 4',
  )
  const { rows } = await client.query<{ locked: boolean }>(
    `SELECT pg_try_advisory_lock(hashtext('aetherlink.prune')) AS locked`,
  )
  return rows[0]?.locked ?? false
}
