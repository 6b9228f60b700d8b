import { type AddressInfo, connect, createServer } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLog } from '../kit/log.ts'
import { createDb, type Db } from './pool.ts'
import { snapshot } from './snapshot.ts'

/** Counts round trips: how often the client sends after the server has answered. */
let roundTrips = 0
const proxy = createServer((client) => {
  const { hostname, port } = new URL(process.env.DATABASE_URL ?? '')
  const server = connect(Number(port), hostname)
  let isAnswered = true
  client.on('data', (chunk) => {
    if (isAnswered) roundTrips++
    isAnswered = false
    server.write(chunk)
  })
  server.on('data', (chunk) => {
    isAnswered = true
    client.write(chunk)
  })
  client.on('close', () => server.destroy())
  server.on('close', () => client.destroy())
  for (const socket of [client, server]) socket.on('error', () => {})
})

let db: Db
beforeAll(async () => {
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const url = new URL(process.env.DATABASE_URL ?? '')
  url.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`
  url.pathname = '/postgres'
  db = createDb(url.href, { max: 1, log: createLog('fatal', 'test'), application: 'test' })
})
afterAll(async () => {
  await db.close()
  proxy.close()
})

test('a snapshot of one statement waits for one round trip, and a write in it is refused', async () => {
  await db.query('SELECT 1')
  const before = roundTrips
  const rows = await snapshot({ db }, (read) => read("SELECT current_setting('statement_timeout') AS limit, 1 AS one"))
  expect(roundTrips - before).toBe(1)
  expect(rows).toEqual([{ limit: '5s', one: 1 }])
  await expect(snapshot({ db }, (read) => read('CREATE TABLE t ()'))).rejects.toThrow('read-only transaction')
})

test('a statement over the time limit is refused, and its connection serves the next read', async () => {
  const slow = snapshot({ db }, (read) => read('SELECT pg_sleep(10)'), { limitMs: 50 })
  await expect(slow).rejects.toMatchObject({ code: 'QUERY_TOO_COMPLEX' })
  const pid = (await db.query('SELECT pg_backend_pid() AS pid'))[0]
  expect(await snapshot({ db }, (read) => read('SELECT pg_backend_pid() AS pid'))).toEqual([pid])
  expect(await db.query("SELECT current_setting('statement_timeout') AS limit")).toEqual([{ limit: '0' }])
})

test('statements of a snapshot see the same rows', async () => {
  const [first, second] = await snapshot({ db }, async (read) => [
    await read('SELECT pg_current_snapshot()::text AS snapshot, now() AS now'),
    await read('SELECT pg_current_snapshot()::text AS snapshot, now() AS now'),
  ])
  expect(second).toEqual(first)
})
