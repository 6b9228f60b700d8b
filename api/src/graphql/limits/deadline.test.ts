import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp, until } from '../../../test/harness.ts'
import { subscribe } from '../../../test/streams.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ tenants: [], env: { OPERATION_TIMEOUT_MS: '200' } })
})
afterAll(() => app.stop())

/** Locks a table, so that no statement reads it, while `work` runs. */
async function withTableHeld(table: string, work: () => Promise<void>) {
  const client = await app.core.db.pool.connect()
  try {
    await client.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`)
    await work()
  } finally {
    await client.query('ROLLBACK')
    client.release()
  }
}

const waiting = () =>
  app.sql("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")

const GIVEN_UP = {
  message: 'the operation took longer than 0.2 s and was cancelled; request less',
  extensions: { code: 'UNAVAILABLE' },
}

test('an operation times out and its statement is cancelled', async () => {
  await withTableHeld('tenants', async () => {
    const { status, data, errors } = await app.gql('{ tenants { id } }')
    expect({ status, data, errors }).toEqual({ status: 503, data: undefined, errors: [GIVEN_UP] })
    await until('the statement cancelled', async () => (await waiting()).length === 0)
  })
  expect(await app.ok('{ tenants { id } }')).toEqual({ tenants: [] })
})

test('a subscription result times out, and the next ones follow', async () => {
  const query = 'subscription { deliveryStats { deliveredPerSecond } }'
  const stream = await subscribe(app, query)
  await until('the first figures', () => stream.results.length === 1)
  await withTableHeld('delivery_attempts', async () => {
    const held = await subscribe(app, query)
    await until('a word of it', () => held.errors.length > 0)
    expect(held.errors).toMatchObject([GIVEN_UP])
    await held.stop()
  })
  const later = await subscribe(app, query)
  await until('figures again', () => later.results.length === 1)
  expect([stream.ended, later.ended]).toEqual([false, false])
  await Promise.all([stream.stop(), later.stop()])
})

test('after a timeout no further field of a mutation starts', async () => {
  const input = (name: string) =>
    `createWebhook(input: { name: "${name}", url: "https://93.184.215.1/", eventTypes: [] }) { webhook { id } }`
  await withTableHeld('webhooks', async () => {
    const { errors } = await app.gql(`mutation { first: ${input('first')} second: ${input('second')} }`)
    expect(errors).toEqual([GIVEN_UP])
  })
  const names = async () => (await app.sql<{ name: string }>('SELECT name FROM webhooks')).map(({ name }) => name)
  await until('the field that had begun', async () => (await names()).includes('first'))
  await app.ok('{ viewer { roles } }')
  expect(await names()).toEqual(['first'])
})
