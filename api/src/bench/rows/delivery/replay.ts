import { publicId } from '../../../kit/ids.ts'
import { hammer } from '../../load.ts'
import { createWebhook, deleteWebhook, freshTenant, PUBLISH_MANY, type Row, recorded, sample } from '../../row.ts'
import type { Stack } from '../../stack.ts'

const DEAD_LETTERS = 10_000
const BATCH = 500
const CONNECTIONS = 64
const REPLAY = 'mutation ($id: ID!) { replayDelivery(id: $id) { delivery { id } } }'

/**
 * Replays dead letters, each with one mutation, until the last outcome is stored. The limit is publishing and
 * delivering as many new events.
 */
export const replay: Row = {
  name: 'replay',
  async run(stack, { scale, advance }) {
    const count = Math.max(BATCH, Math.round((DEAD_LETTERS * scale) / BATCH) * BATCH)
    const tenantId = freshTenant()
    const webhook = await createWebhook(stack, tenantId, '/ok')
    const published = performance.now()
    await publish(stack, tenantId, count)
    await recorded(stack, tenantId, count, 120_000, (done) => advance((0.3 * done) / count))
    const limit = (performance.now() - published) / 1_000
    const ids = await bury(stack, tenantId)

    const started = performance.now()
    await Promise.all([
      hammer({
        origin: stack.apiOrigin,
        path: '/graphql',
        headers: stack.headers,
        body: (i) => JSON.stringify({ query: REPLAY, variables: { id: ids[i] } }),
        total: count,
        connections: CONNECTIONS,
        check: (_status, body) => {
          if (body.includes('"errors"')) throw new Error(`a replay was refused: ${body}`)
        },
      }),
      recorded(stack, tenantId, count, 120_000, (done) => advance(0.3 + (0.7 * done) / count)),
    ])
    const seconds = (performance.now() - started) / 1_000
    await deleteWebhook(stack, webhook)
    return [
      {
        name: 'replay',
        what: `${count.toLocaleString('en')} dead letters replayed one by one and delivered`,
        unit: 's',
        value: seconds,
        limit: { what: 'as many new events published in batches and delivered', value: limit },
        goal: { value: 5, atMost: true },
      },
    ]
  },
}

async function publish(stack: Stack, tenantId: string, count: number): Promise<void> {
  for (let i = 0; i < count; i += BATCH) {
    await stack.graphql(PUBLISH_MANY, { input: Array.from({ length: BATCH }, (_, k) => sample(tenantId, i + k)) })
  }
}

/** Turns a tenant's deliveries into dead letters and returns their ids. */
async function bury(stack: Stack, tenantId: string): Promise<string[]> {
  const { rows } = await stack.db.query<{ id: string }>(
    `UPDATE deliveries SET status = 'DEAD_LETTER', last_error = 'HTTP 500', last_error_kind = 'HTTP_5XX'
     WHERE tenant_id = $1 RETURNING id`,
    [tenantId],
  )
  return rows.map(({ id }) => publicId('dlv', id))
}
