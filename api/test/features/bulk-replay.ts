import { publicId, tryUuid } from '../../src/kit/ids.ts'
import { type As, type TestApp, until } from '../harness.ts'
import { makeWebhook } from './deliveries.ts'

/** Dead letters of a webhook, for tests of bulk replays. */

export interface DeadLetters {
  webhookId: string
  /** Public ids. */
  ids: string[]
}

const PUBLISH_MANY = 'mutation ($input: [PublishEventInput!]!) { publishEvents(input: $input) { accepted } }'
const PAUSE = 'mutation ($id: ID!) { pauseWebhook(id: $id) { webhook { id } } }'
const RESUME = 'mutation ($id: ID!) { resumeWebhook(id: $id) { webhook { id } } }'
const PER_CALL = 1_000

/** Creates a webhook of a tenant with `count` dead letters that failed with 503. */
export async function makeDeadLetters(
  app: TestApp,
  url: string,
  count: number,
  { tenantId = 'tenant-acme', webhook = {} }: { tenantId?: string; webhook?: object } = {},
): Promise<DeadLetters> {
  const as: As = { role: 'OPERATOR', tenantId }
  const type = `dead.n${Math.random().toString(36).slice(2, 8)}`
  const { id: webhookId } = await makeWebhook(app, { name: type, url, eventTypes: [type], ...webhook }, as)
  await app.ok(PAUSE, { id: webhookId }, { as })
  for (let made = 0; made < count; made += PER_CALL) {
    const input = Array.from({ length: Math.min(PER_CALL, count - made) }, (_, i) => ({
      type,
      source: 'test',
      payload: { n: made + i },
    }))
    await app.ok(PUBLISH_MANY, { input }, { as })
  }
  const rows = await app.sql<{ id: string }>(
    `UPDATE deliveries SET status = 'DEAD_LETTER', completed_at = db_now(), next_attempt_at = NULL, wake_at = NULL, attempt_count = 1,
       max_attempts = 1, last_attempt_at = db_now(), last_error = 'HTTP 503', last_error_kind = 'HTTP_5XX', last_status_code = 503
     WHERE event_type = $1 RETURNING id`,
    [type],
  )
  await app.ok(RESUME, { id: webhookId }, { as })
  return { webhookId, ids: rows.map(({ id }) => publicId('dlv', id)) }
}

/** A bulk replay with its counts. */
export interface BulkReplayCounts {
  id: string
  status: string
  total: number
  replayed: number
  skipped: number
  delivered: number
  failed: number
}

export interface BulkReplay extends BulkReplayCounts {
  paused: boolean
  isSelected: boolean
  skips: { reason: string; count: number }[]
}

export const BULK_REPLAY_FIELDS =
  'id status total replayed skipped delivered failed paused isSelected skips { reason count }'

export async function startBulkReplay(
  app: TestApp,
  input: object,
  as: As = { role: 'OPERATOR', tenantId: 'tenant-acme' },
): Promise<BulkReplay> {
  const { bulkReplayDeliveries } = await app.ok<{ bulkReplayDeliveries: { bulkReplay: BulkReplay } }>(
    `mutation ($input: BulkReplayInput!) { bulkReplayDeliveries(input: $input) { bulkReplay { ${BULK_REPLAY_FIELDS} } } }`,
    { input },
    { as },
  )
  return bulkReplayDeliveries.bulkReplay
}

export async function readBulkReplay(app: TestApp, id: string): Promise<BulkReplay> {
  const { node } = await app.ok<{ node: BulkReplay }>(
    `query ($id: ID!) { node(id: $id) { ... on BulkReplay { ${BULK_REPLAY_FIELDS} } } }`,
    { id },
  )
  return node
}

/** Waits until a bulk replay has finished, and returns it. */
export const finished = (app: TestApp, id: string, timeoutMs = 60_000): Promise<BulkReplay> =>
  until(
    `bulk replay ${id} is finished`,
    async () => {
      const row = await readBulkReplay(app, id)
      return row.status !== 'RUNNING' && row
    },
    timeoutMs,
  )

/** How many original deliveries have each number of replays: { 1: 500 } if each of 500 has one replay. */
export async function replaysPerOriginal(app: TestApp, webhookId: string): Promise<Record<number, number>> {
  const rows = await app.sql<{ n: number; originals: number }>(
    `SELECT n, count(*)::int AS originals FROM (SELECT count(*)::int AS n FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id
       WHERE d.replay_of_id IS NOT NULL AND w.id = $1 GROUP BY d.replay_of_id) AS replays GROUP BY n`,
    [uuidOfWebhook(webhookId)],
  )
  return Object.fromEntries(rows.map(({ n, originals }) => [n, originals]))
}

const uuidOfWebhook = (id: string): string => {
  const uuid = tryUuid('whk', id)
  if (!uuid) throw new Error(`${id} is not a webhook`)
  return uuid
}
