import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp, until } from '../../test/harness.ts'
import { isTransientError } from './transient-errors.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app.stop())

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => error,
  )

/** Ends the statement that sleeps, as a server does that is shut down. */
const endSleeper = () =>
  until('the sleeping statement ended by the server', async () => {
    const ended = await app.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%pg_sleep(60)%' AND state = 'active'`,
    )
    return ended.length > 0
  })

test('a connection that the server ends during a statement is a transient fault, with pg and with Prisma', async () => {
  const { db } = app.core
  for (const ask of [
    () => db.query('SELECT 1 FROM pg_sleep(60)'),
    () => db.prisma.$queryRaw`SELECT 1 FROM pg_sleep(60)`,
  ]) {
    const failure = failureOf(ask())
    await endSleeper()
    expect(isTransientError(await failure)).toBe(true)
  }
})

test('an invalid statement is not a transient fault', async () => {
  const { db } = app.core
  for (const wrong of [
    db.query('SELECT 1 / 0'),
    db.prisma.$queryRaw`SELECT nothing`,
    db.prisma.tenant.findUniqueOrThrow({ where: { id: 'nobody' } }),
  ]) {
    const failure = await failureOf(wrong)
    expect(failure).toBeInstanceOf(Error)
    expect(isTransientError(failure)).toBe(false)
  }
})
