import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freePort } from '../../../ops/lib/processes/ports.mjs'
import { makeTemporary, removeTemporary } from '../../../ops/lib/processes/run-state.mjs'
import { serviceAccount } from '../../../ops/lib/services/account.mjs'
import { startPostgres } from '../../../ops/lib/services/postgres.mjs'
import { startTestApp, until } from '../harness.ts'
import { fillDisk, mountSmallDisk, unmountSmallDisk } from '../servers/small-disk.ts'

test("/ready is 503 while the database's disk is full, and 200 again when there is room", async ({ skip }) => {
  const directory = makeTemporary('full-disk')
  const account = await serviceAccount(directory)
  const isMounted = account.owner !== undefined && mountSmallDisk(account.home, 400, account.owner)
  try {
    if (!isMounted) return skip('this machine lets nobody mount a file system')
    const postgres = await startPostgres({
      account,
      port: await freePort(),
      password: 'full-disk',
      logFile: join(directory, 'postgres.log'),
      record: () => {},
      shortLived: true,
    })
    const shared = process.env.DATABASE_URL
    process.env.DATABASE_URL = postgres.url('postgres')
    const app = await startTestApp().finally(() => {
      process.env.DATABASE_URL = shared
    })
    const ready = async () => {
      const response = await app.http('/ready')
      return { status: response.status, body: await response.json() }
    }
    try {
      expect((await ready()).status).toBe(200)
      const filler = join(account.home, 'filler')
      fillDisk(filler)
      const full = await until('the full disk is noticed', async () => {
        const answer = await ready()
        return answer.status === 503 && answer
      })
      expect(full.body).toMatchObject({
        status: 'down',
        components: { postgres: { status: 'down', reason: 'its disk is full' }, redis: { status: 'ok' } },
      })
      rmSync(filler)
      await until('there is room again', async () => (await ready()).status === 200)
    } finally {
      await app.stop()
      await postgres.stop()
    }
  } finally {
    if (isMounted) unmountSmallDisk(account.home)
    await removeTemporary(directory)
  }
}, 120_000)
