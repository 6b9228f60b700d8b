import type { PoolClient } from 'pg'
import { z } from 'zod'
import type { AppContext } from '../../app-context.ts'
import { systemCaller } from '../../audit/entry.ts'
import type { ExpiringTable } from '../../db/expiring-table.ts'
import type { Publisher } from '../../events/publish/publish.ts'
import type { JobKind } from '../../kit/jobs/jobs.ts'
import { createArchiveStore } from '../archive/create-store.ts'
import { executeRun } from './execute.ts'
import { forgetOldRuns, insertRun, nextRun } from './run-rows.ts'

/** Notifies the workers of a new run. */
export const PRUNE: JobKind<Record<string, never>> = { name: 'prune', payload: z.strictObject({}) }

/** How often a worker looks for a run that no worker executes, because its worker was killed or its job was lost. */
const RESUME_EVERY_MS = 10_000

export interface PrunerOptions {
  publisher: Publisher
  tables: readonly ExpiringTable[]
}

/** The pruner of a worker. Only one worker of an installation prunes at a time. */
export class Pruner {
  readonly #core: AppContext
  readonly #options: PrunerOptions
  readonly #stopping = new AbortController()
  #working: Promise<void> | undefined

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

  /** Starts a run of everything, and executes it unless another worker does. */
  async prune(): Promise<void> {
    await insertRun(this.#core, systemCaller('retention').identity)
    await this.work()
  }

  /** Executes the unfinished runs, unless another worker does. Resolves when none are left, or on `stop`. */
  work(): Promise<void> {
    this.#working ??= this.#workAlone().finally(() => {
      this.#working = undefined
    })
    return this.#working
  }

  /** Ends a run in progress between two steps; another worker, or the next start, continues it. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the worker stops'))
    await this.#working
  }

  async #workAlone(): Promise<void> {
    const { db, log } = this.#core
    if (this.#stopping.signal.aborted || !(await nextRun(db.pool))) return
    const client = await db.connect()
    try {
      if (await tryLock(client)) await this.#executeAll(client)
    } catch (error) {
      if (!this.#stopping.signal.aborted) log.warn({ err: error }, 'a prune run was interrupted; it goes on soon')
    } finally {
      // The lock ends with the connection, which must not return to the pool.
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
 * Takes the lock of the only pruner of the installation. The lock belongs to the connection and ends when the worker is
 * killed. If the worker's machine is lost, keepalives end it within a minute.
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
