import { afterAll, beforeAll, expect, test } from 'vitest'
import { ACME, makeWebhook, seedDelivery } from '../../../test/features/deliveries.ts'
import { startTestApp, type TestApp } from '../../../test/harness.ts'
import { publicId } from '../../kit/ids.ts'

let app: TestApp
beforeAll(async () => {
  // The clock of this API is an hour ahead of the database's, which leases use.
  app = await startTestApp({ clock: () => Date.now() + 3_600_000 })
})
afterAll(() => app.stop())

test('whether a delivery is being sent depends on the clock of the database, in its fields, filters and figures', async () => {
  const { id: webhook } = await makeWebhook(app)
  const id = await seedDelivery(app, { webhook })
  const held = async () => {
    const { node, deliveries } = await app.ok<{
      node: { holdReason: string | null }
      deliveries: { nodes: { id: string }[] }
    }>(
      `query ($id: ID!) { node(id: $id) { ... on Delivery { holdReason } }
         deliveries(filter: { holdReasons: [RATE_LIMITED] }, first: 5) { nodes { id } } }`,
      { id: publicId('dlv', id) },
      { as: ACME },
    )
    return { reason: node.holdReason, listed: deliveries.nodes.length }
  }
  await app.sql(
    `UPDATE deliveries SET hold_reason = 'RATE_LIMITED', lease_until = db_now() + interval '1 minute' WHERE id = $1`,
    [id],
  )
  expect(await held()).toEqual({ reason: null, listed: 0 })
  await app.sql(`UPDATE deliveries SET lease_until = db_now() - interval '1 second' WHERE id = $1`, [id])
  expect(await held()).toEqual({ reason: 'RATE_LIMITED', listed: 1 })
})
