import type { PoolClient, QueryResultRow } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ensurePartitions, removeEvents, seedEvents, setDays } from '../../../test/features/retention.ts'
import { startTestApp, type TestApp, until } from '../../../test/harness.ts'
import { type S3Server, startS3Server } from '../../../test/servers/s3-server.ts'
import { Pruner } from './pruner.ts'

let s3: S3Server
let app: TestApp
beforeAll(async () => {
  s3 = await startS3Server()
  app = await startTestApp({ env: s3.env })
})
afterAll(async () => {
  await app.stop()
  await s3.close()
})

/**
 * The lifetime of a process that is killed before a step: a statement that writes, a request to the store, or an event
 * that it publishes. After that it reaches neither the database nor the store. A kill after a step has the same effect
 * as one before the next step.
 */
class Lifetime {
  /** Every kind of step that was executed. */
  readonly steps = new Set<string>()
  isOver = false
  readonly #last: string | null

  constructor(last: string | null) {
    this.#last = last
  }

  step(name: string): void {
    this.steps.add(name)
    if (name === this.#last) this.isOver = true
    if (this.isOver) throw new Error('the process was killed')
  }
}

/**
 * The name of a step by its statement; null for a statement that is no step. A kill anywhere in a transaction has the
 * same effect as one before its COMMIT, which is named after the first statement that writes.
 */
function createStepNames(): (statement: string) => string | null {
  let transaction: string[] | null = null
  return (statement) => {
    if (statement.startsWith('BEGIN')) transaction = []
    if (/^(BEGIN|SELECT|SET|LOCK|SAVEPOINT|ROLLBACK)\b/.test(statement)) return null
    if (transaction === null) return statement.slice(0, 60)
    if (statement !== 'COMMIT') {
      transaction.push(statement.slice(0, 60))
      return null
    }
    const [first = 'nothing'] = transaction
    transaction = null
    return `commit ${first}`
  }
}

/** A client whose connection ends with the process. */
async function mortal(client: PoolClient, lifetime: Lifetime): Promise<PoolClient> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  const query: unknown = client.query.bind(client)
  const nameOf = createStepNames()
  const value = async (...args: unknown[]) => {
    const [statement] = args
    const text = typeof statement === 'string' ? statement.trim().replaceAll(/\s+/g, ' ') : 'SELECT'
    try {
      const name = nameOf(text)
      if (lifetime.isOver || name !== null) lifetime.step(name ?? '')
    } catch (error) {
      await app.sql('SELECT pg_terminate_backend($1)', [rows[0]?.pid])
      throw error
    }
    return Reflect.apply(query as () => unknown, client, args)
  }
  return Object.create(client, { query: { value } })
}

/** Prunes with a process of a limited lifetime. */
async function pruneDuring(lifetime: Lifetime): Promise<void> {
  s3.fault = (request, _response, pass) => {
    try {
      lifetime.step(`${request.method} ${/\.ndjson|\.manifest/.exec(String(request.url))?.[0]} of the store`)
      pass()
    } catch {
      request.socket.destroy()
    }
  }
  const { db } = app.core
  const core = {
    ...app.core,
    db: {
      ...db,
      connect: async () => mortal(await db.connect(), lifetime),
      async query<Row extends QueryResultRow>(...args: Parameters<typeof db.query>) {
        lifetime.step('begin a run')
        return db.query<Row>(...args)
      },
    },
  }
  const publisher = {
    ...app.pipeline.publisher,
    publishAsSystem: async (...args: Parameters<typeof app.pipeline.publisher.publishAsSystem>) => {
      lifetime.step('publish an event')
      return app.pipeline.publisher.publishAsSystem(...args)
    },
  }
  await new Pruner(core, { publisher, tables: [] }).prune().catch((error: unknown) => {
    if (!lifetime.isOver) throw error
  })
  s3.fault = null
}

const unfinished = () => app.sql('SELECT FROM prune_runs WHERE finished_at IS NULL')
const orders = () =>
  app.sql<{ text: string }>(
    `SELECT id || tenant_id || payload::text AS text FROM events WHERE type LIKE 'order.%' ORDER BY id`,
  )

/** Two expired days: one drops its partition, one is deleted in batches beside a tenant that keeps it. */
async function seed(): Promise<void> {
  await removeEvents(app)
  await app.sql('TRUNCATE prune_runs, prune_scopes, restored_days, archive_files, feed_horizons')
  await ensurePartitions(app, 32)
  for (const tenant of ['tenant-a', 'tenant-b']) await seedEvents(app, { tenant, daysAgo: 32, count: 2 })
  for (const tenant of ['tenant-a', 'tenant-keeps']) await seedEvents(app, { tenant, daysAgo: 31, count: 2 })
}

test('a run that is killed before any of its steps loses no event and archives none twice', async () => {
  await app.sql(`INSERT INTO tenants (id, name, updated_at) VALUES ('tenant-keeps', 'k', now())`)
  await setDays(app, 'tenant-keeps', 90)
  await seed()
  const whole = new Lifetime(null)
  await pruneDuring(whole)
  expect(await orders()).toHaveLength(2)
  expect(whole.steps.size).toBeGreaterThan(10)

  for (const step of whole.steps) {
    await seed()
    const before = await orders()
    await pruneDuring(new Lifetime(step))
    // The next worker continues the run as soon as the lock of the killed one is gone; a run that was not recorded
    // starts again.
    await until(`the run that was killed before "${step}" ends`, async () => {
      await pruneDuring(new Lifetime(null))
      return (await unfinished()).length === 0
    })
    expect(await orders(), step).toHaveLength(2)
    const { archives } = await app.ok<{ archives: { nodes: { id: string; events: number }[] } }>(
      '{ archives { nodes { id events } } }',
    )
    expect(
      archives.nodes.map(({ events }) => events),
      step,
    ).toEqual([2, 2, 2])
    for (const { id } of archives.nodes) {
      const restored = await app.ok(`mutation { restoreArchive(id: "${id}") { restored skipped } }`)
      expect(restored, step).toEqual({ restoreArchive: { restored: 2, skipped: 0 } })
    }
    expect(await orders(), step).toEqual(before)
  }
}, 400_000)
