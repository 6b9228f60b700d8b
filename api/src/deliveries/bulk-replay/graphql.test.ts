import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BULK_REPLAY_FIELDS, makeDeadLetters, startBulkReplay } from '../../../test/features/bulk-replay.ts'
import { startTestApp, type TestApp } from '../../../test/harness.ts'
import { newId, publicId } from '../../kit/ids.ts'

/** Without a worker: a bulk replay stays in its initial state. */
let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app.stop())

const ACME = { as: { role: 'OPERATOR', tenantId: 'tenant-acme' } } as const
const URL = 'http://127.0.0.1:9/'
const START = `mutation ($input: BulkReplayInput!) { bulkReplayDeliveries(input: $input) { bulkReplay { ${BULK_REPLAY_FIELDS} }
  preview { total likely skipped { reason count } byWebhook { webhook { id } count likely reachable warning } sample { id } } } }`

interface Answer {
  bulkReplayDeliveries: {
    bulkReplay: { id: string; status: string; total: number; skips: object[] }
    preview: {
      total: number
      skipped: { reason: string; count: number }[]
      byWebhook: { webhook: { id: string }; count: number; reachable: boolean; warning: string | null }[]
      sample: object[]
    }
  }
}

const start = async (input: object) => (await app.ok<Answer>(START, { input }, ACME)).bulkReplayDeliveries

describe('an invalid input is refused by field', () => {
  const some = publicId('dlv', newId())
  test.each([
    [{}, 'deliveryIds'],
    [{ deliveryIds: [] }, 'deliveryIds'],
    [{ filter: {} }, 'filter'],
    [{ filter: { tenantId: 'tenant-acme', window: 'ALL', statuses: [] } }, 'filter'],
    [{ deliveryIds: [some], filter: { statuses: ['DEAD_LETTER'] } }, 'filter'],
    [{ deliveryIds: Array.from({ length: 10_001 }, () => some) }, 'deliveryIds'],
    [{ deliveryIds: ['whk_1'] }, 'deliveryIds.0'],
    [{ deliveryIds: [some], ratePerSecond: 0 }, 'ratePerSecond'],
    [{ deliveryIds: [some], minLikelihood: 1.5 }, 'minLikelihood'],
    [{ deliveryIds: [some], stopAfterFailures: -1 }, 'stopAfterFailures'],
    [{ filter: { webhookIds: ['dlv_1'] } }, 'filter.webhookIds.0'],
  ])('%#: %o', async (input, field) => {
    const error = await app.fails(START, { input }, ACME)
    expect([error.code, error.path?.join('.')]).toEqual(['BAD_USER_INPUT', `input.${field}`])
  })
})

test('ids of another tenant count as not found, and are refused when there is no other', async () => {
  const mine = await makeDeadLetters(app, URL, 2)
  const theirs = await makeDeadLetters(app, URL, 2, { tenantId: 'tenant-other' })
  const { bulkReplay, preview } = await start({ deliveryIds: [...mine.ids, ...theirs.ids] })
  expect(bulkReplay).toMatchObject({ total: 4, skipped: 2, skips: [{ reason: 'NOT_FOUND', count: 2 }] })
  expect(preview.total).toBe(4)
  expect((await app.fails(START, { input: { deliveryIds: theirs.ids } }, ACME)).code).toBe('NOT_FOUND')
})

test('a dry run stores nothing, and returns the skipped deliveries and the webhooks that are down', async () => {
  const up = await makeDeadLetters(app, URL, 5)
  const down = await makeDeadLetters(app, URL, 3)
  await app.sql(
    `UPDATE webhooks SET circuit = 'OPEN', failing_since = now() WHERE event_types = (SELECT event_types FROM webhooks ORDER BY id DESC LIMIT 1)`,
  )
  await app.ok('mutation ($id: ID!) { replayDelivery(id: $id) { delivery { id } } }', { id: up.ids[0] })
  const before = await app.sql('SELECT FROM bulk_replays')
  const { bulkReplay, preview } = await start({
    filter: { webhookIds: [up.webhookId, down.webhookId], statuses: ['DEAD_LETTER'] },
    dryRun: true,
  })
  expect(bulkReplay).toMatchObject({ status: 'DRY_RUN', total: 8 })
  expect(preview).toMatchObject({ total: 8, skipped: [{ reason: 'REPLAY_UNDER_WAY', count: 1 }] })
  expect(preview.byWebhook).toMatchObject([
    { webhook: { id: up.webhookId }, count: 4, reachable: true, warning: null },
    { webhook: { id: down.webhookId }, count: 3, reachable: false, warning: expect.stringContaining('currently down') },
  ])
  expect(preview.sample).toHaveLength(5)
  expect(await app.sql('SELECT FROM bulk_replays')).toHaveLength(before.length)
})

test('the same idempotency key starts one bulk replay, and is refused for another selection', async () => {
  const { ids } = await makeDeadLetters(app, URL, 2)
  const input = { deliveryIds: ids, idempotencyKey: 'incident-42' }
  const first = await startBulkReplay(app, input)
  expect((await startBulkReplay(app, input)).id).toBe(first.id)
  const error = await app.fails(START, { input: { ...input, deliveryIds: ids.slice(1) } }, ACME)
  expect(error.code).toBe('CONFLICT')
})
