import { afterAll, beforeAll, expect, test } from 'vitest'
import { type As, startTestApp, type TestApp } from '../../../test/harness.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app.stop())

const REPLAY =
  'mutation ($id: ID!, $force: Boolean) { replayDelivery(id: $id, force: $force) { original { status } delivery { id status replayOf { id } } } }'
const TENANTS = ['tenant-1', 'tenant-acme']
const COUNT = 30

interface Answer {
  replayDelivery: { original: { status: string }; delivery: { id: string; status: string; replayOf: { id: string } } }
}

/** Dead letters of two tenants, as their ids. */
async function deadLetters(): Promise<string[]> {
  for (const tenantId of TENANTS)
    await app.ok(
      `mutation { createWebhook(input: { name: "x", url: "http://127.0.0.1:9/", tenantId: "${tenantId}", eventTypes: [] }) { secret } }`,
    )
  const input = Array.from({ length: COUNT }, (_, i) => ({ type: 'x', source: 'x', tenantId: TENANTS[i % 2] }))
  await app.ok('mutation ($input: [PublishEventInput!]!) { publishEvents(input: $input) { accepted } }', { input })
  await app.sql(
    `UPDATE deliveries SET status = 'DEAD_LETTER', completed_at = now(), next_attempt_at = NULL, wake_at = NULL`,
  )
  const { deliveries } = await app.ok<{ deliveries: { nodes: { id: string }[] } }>(
    '{ deliveries(first: 200) { nodes { id } } }',
  )
  return deliveries.nodes.map(({ id }) => id)
}

test('batched replays are checked independently and recorded in order, and one of two for the same delivery is refused', async () => {
  const ids = await deadLetters()
  const replay = (id: string, as: As = { role: 'ADMIN' }) => app.gql<Answer>(REPLAY, { id, force: false }, { as })
  const [twice = '', others = ''] = ids
  const answers = await Promise.all([...ids, twice].map((id) => replay(id)))
  const made = answers.flatMap(({ data }) => (data ? [data.replayDelivery] : []))
  expect(made.map(({ delivery }) => delivery.replayOf.id).toSorted()).toEqual(ids.toSorted())
  expect(
    made.every(({ original, delivery }) => original.status === 'DEAD_LETTER' && delivery.status === 'PENDING'),
  ).toBe(true)
  const refused = answers.flatMap(({ errors }) => errors ?? [])
  expect(refused.map(({ extensions }) => extensions.code)).toEqual(['CONFLICT'])

  // The batch also contains another tenant's delivery and one that never existed.
  const mixed = await Promise.all([
    replay(ids[1]!, { role: 'OPERATOR', tenantId: 'tenant-none' }),
    replay(others),
    app.gql<Answer>(REPLAY, { id: others, force: true }),
  ])
  expect(mixed.map(({ errors }) => errors?.[0]?.extensions.code)).toEqual(['NOT_FOUND', 'CONFLICT', undefined])

  for (const tenantId of TENANTS) {
    const { verifyAuditChain } = await app.ok<{ verifyAuditChain: { ok: boolean; checked: number } }>(
      `{ verifyAuditChain(tenantId: "${tenantId}") { ok checked } }`,
    )
    expect(verifyAuditChain.ok).toBe(true)
  }
  const entries = await app.sql<{ n: number }>(
    `SELECT count(*)::int AS n FROM audit_entries WHERE action = 'delivery.replay' AND outcome = 'ALLOWED'`,
  )
  expect(entries).toEqual([{ n: COUNT + 1 }])
})

test('an original with remaining retries is superseded', async () => {
  const { deliveries } = await app.ok<{ deliveries: { nodes: { id: string }[] } }>(
    '{ deliveries(first: 1, filter: { statuses: [PENDING] }) { nodes { id } } }',
  )
  const id = deliveries.nodes[0]!.id
  const { replayDelivery } = await app.ok<Answer>(REPLAY, { id, force: true })
  expect(replayDelivery).toMatchObject({ original: { status: 'CANCELLED' }, delivery: { replayOf: { id } } })
})
