import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeWebhook } from '../../../test/features/deliveries.ts'
import { startTestApp, type TestApp } from '../../../test/harness.ts'
import { newId, tryUuid, uuidFloor } from '../../kit/ids.ts'
import { updateAttemptTotals } from '../totals/update-attempts.ts'
import { learnRates } from './learn.ts'
import { readRates } from './read-rates.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app?.stop())

const MINUTE = 60_000
/** Half past a minute, because the state of a webhook is read from totals per minute. */
const now = Math.floor(Date.now() / MINUTE) * MINUTE + MINUTE / 2

test('retries and replays count once for the rates of their webhook and tenant, and not for another tenant', async () => {
  const { id } = await makeWebhook(app, { name: 'billing' })
  const webhook = tryUuid('whk', id)
  const attempt = (delivery: string, number: number, ago: number, kind: string | null) =>
    app.sql(
      `INSERT INTO delivery_attempts (id, delivery_id, webhook_id, number, started_at, duration_ms, status_code, error_kind, request_headers)
       VALUES ($1, $2, $3, $4, $5, 5, 503, $6::"ErrorKind", '{}')`,
      [
        `${uuidFloor(now - ago).slice(0, 14)}7${newId().slice(15)}`,
        delivery,
        webhook,
        number,
        new Date(now - ago),
        kind,
      ],
    )
  // An outage ended 10 minutes ago. One retry succeeds; another fails within seconds of its failure and does not count.
  for (let i = 0; i < 6; i++) await attempt(newId(), 1, 20 * MINUTE + i, 'HTTP_5XX')
  for (let i = 0; i < 6; i++) await attempt(newId(), 1, 6 * MINUTE + i, null)
  const retried = newId()
  await attempt(retried, 1, 20 * MINUTE, 'HTTP_5XX')
  await attempt(retried, 2, 4 * MINUTE, null)
  const prompt = newId()
  await attempt(prompt, 1, 4 * MINUTE + 5_000, 'HTTP_5XX')
  await attempt(prompt, 2, 4 * MINUTE, 'HTTP_5XX')

  while (await updateAttemptTotals(app.core, learnRates));
  await app.sql('SELECT recount_totals()')
  while (await updateAttemptTotals(app.core, learnRates));

  const own = (await readRates(app.core, 'tenant-acme'))(webhook!)
  expect([...own.webhook]).toEqual([['OUTAGE/UP', { tried: 1, arrived: 1 }]])
  expect(own.tenant).toEqual(own.webhook)
  expect((await readRates(app.core, 'tenant-other'))(webhook!).tenant.size).toBe(0)
})
