import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSender, event } from '../../../test/features/cloudevents.ts'
import { createTestDatabase, type TestDatabase } from '../../../test/harness/database.ts'
import { startTestApp, type TestApp, until } from '../../../test/harness.ts'

/** PostgreSQL behind a door that can be shut: connections then break, and new ones are refused. */
async function createDoor({ hostname, port: behind }: URL) {
  const open = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(Number(behind), hostname)
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        open.delete(socket)
        other.destroy()
      })
      socket.pipe(other)
    }
  })
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  await listen(0)
  const { port } = server.address() as AddressInfo
  return {
    port,
    reopen: () => listen(port),
    shut: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        for (const socket of open) socket.destroy()
      }),
  }
}

let database: TestDatabase
let door: Awaited<ReturnType<typeof createDoor>>
let app: TestApp

beforeAll(async () => {
  database = await createTestDatabase(process.env.DATABASE_URL ?? '')
  const url = new URL(database.url)
  door = await createDoor(url)
  url.host = `127.0.0.1:${door.port}`
  app = await startTestApp({ env: { DATABASE_URL: url.href } })
})
afterAll(async () => {
  await app.stop()
  await door.shut()
  await database.drop()
})

test('while PostgreSQL is unavailable the response is 503 with Retry-After; a repeated event is stored once', async () => {
  const to = createSender(app)
  await until('the server to be ready', async () => (await to.structured(event('before'))).status === 202)
  await door.shut()
  for (const answer of [await to.structured(event('during')), await to.batch([event('during')])]) {
    expect(answer).toMatchObject({ status: 503, body: { code: 'UNAVAILABLE', title: 'Service Unavailable' } })
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
  }
  await door.reopen()
  await until('PostgreSQL to be back', async () => (await to.structured(event('during'))).status === 202)
  expect(await to.structured(event('during'))).toMatchObject({ status: 202, body: { deduplicated: true } })
  expect(await to.count()).toBe(2)
})
