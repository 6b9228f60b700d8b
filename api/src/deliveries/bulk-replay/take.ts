import type { PoolClient } from 'pg'
import type { SkipReason } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import { handoffGraceMs } from '../../events/publish/handoff.ts'
import { newId, uuidTime } from '../../kit/ids.ts'
import type { Rung } from '../engine/bell.ts'
import { subjectOf } from '../forecast/forecast-deliveries.ts'
import { DELIVERY_COLUMNS, type DeliveryRow } from '../read/delivery-where.ts'
import type { Likelihoods } from './likelihood.ts'
import { type BulkReplayRow, saveItems } from './rows.ts'
import { skipReasonOf } from './rules.ts'

/** How many deliveries of a webhook to replay. */
export interface Share {
  webhookId: string
  count: number
}

/** The result of one call of `takeNext`. */
export interface Taken {
  /** Number of deliveries by webhook id. */
  replayed: Map<string, number>
  skipped: Map<string, number>
  reasons: Map<SkipReason, number>
  /** The new replays, and the ids of all deliveries that changed. */
  rung: Rung[]
  changedIds: string[]
}

interface Waiting {
  id: string
  webhookId: string
}

interface Outcome {
  deliveryId: string
  webhookId: string
  replayId: string | null
  skipReason: SkipReason | null
}

const TAKE = `SELECT i.delivery_id AS id, i.webhook_id AS "webhookId" FROM unnest($2::uuid[], $3::int[]) AS s(webhook_id, most)
  CROSS JOIN LATERAL (
    SELECT i.delivery_id, i.webhook_id FROM bulk_replay_items i
    WHERE i.bulk_replay_id = $1 AND i.webhook_id = s.webhook_id AND i.state = 'WAITING' ORDER BY i.delivery_id LIMIT s.most
  ) i`

/**
 * Replays the next deliveries of each webhook, oldest first. Runs in the transaction that holds the lock of the bulk
 * replay, so that a replay and the state of its item are stored together.
 */
export async function takeNext(
  { core, likelihoods }: { core: AppContext; likelihoods: Likelihoods },
  client: PoolClient,
  row: BulkReplayRow,
  shares: readonly Share[],
): Promise<Taken> {
  const { rows: waiting } = await client.query<Waiting>({
    name: 'bulk_replay_take',
    text: TAKE,
    values: [row.id, shares.map(({ webhookId }) => webhookId), shares.map(({ count }) => count)],
  })
  const { minLikelihood } = row
  const unlikely =
    minLikelihood === null ? new Set<string>() : await unlikelyOf(client, waiting, minLikelihood, likelihoods)
  const outcomes = [
    ...waiting.filter(({ id }) => unlikely.has(id)).map((item) => skippedItem(item, 'UNLIKELY')),
    ...(await replay(
      core,
      client,
      row,
      waiting.filter(({ id }) => !unlikely.has(id)),
    )),
  ]
  await saveItems(
    client,
    row.id,
    outcomes.map(({ deliveryId, replayId, skipReason }) => ({
      deliveryId,
      replayId,
      skipReason,
      state: skipReason ? ('SKIPPED' as const) : ('SENT' as const),
    })),
  )
  return summary(outcomes)
}

const skippedItem = ({ id, webhookId }: Waiting, skipReason: SkipReason): Outcome => ({
  deliveryId: id,
  webhookId,
  replayId: null,
  skipReason,
})

async function unlikelyOf(
  client: PoolClient,
  waiting: readonly Waiting[],
  minLikelihood: number,
  likelihoods: Likelihoods,
): Promise<Set<string>> {
  const { rows } = await client.query<DeliveryRow>(
    `SELECT ${DELIVERY_COLUMNS} FROM deliveries d WHERE d.id = ANY($1::uuid[])`,
    [waiting.map(({ id }) => id)],
  )
  const rowLikelihoods = await likelihoods.of(rows.map(subjectOf))
  const isUnlikely = (likelihood: number | null | undefined) => likelihood != null && likelihood < minLikelihood
  return new Set(rows.filter((_, i) => isUnlikely(rowLikelihoods[i])).map(({ id }) => id))
}

async function replay(
  core: AppContext,
  client: PoolClient,
  row: BulkReplayRow,
  waiting: readonly Waiting[],
): Promise<Outcome[]> {
  if (waiting.length === 0) return []
  const replayIds = waiting.map(() => newId())
  const { rows } = await client.query<{ i: number; outcome: string }>({
    name: 'replay_deliveries_deferred',
    text: 'SELECT * FROM replay_deliveries($1::uuid[], $2::uuid[], $3::bool[], $4::text[], $5, $6::timestamptz[], true)',
    values: [
      waiting.map(({ id }) => id),
      replayIds,
      waiting.map(() => row.force),
      waiting.map(() => row.tenantId),
      handoffGraceMs(core),
      replayIds.map((id) => new Date(uuidTime(id)).toISOString()),
    ],
  })
  return rows.map(({ i, outcome }) => {
    const item = waiting[i - 1]!
    const skipReason = skipReasonOf(outcome)
    if (skipReason) return skippedItem(item, skipReason)
    return { deliveryId: item.id, webhookId: item.webhookId, replayId: replayIds[i - 1]!, skipReason: null }
  })
}

function summary(outcomes: readonly Outcome[]): Taken {
  const taken: Taken = { replayed: new Map(), skipped: new Map(), reasons: new Map(), rung: [], changedIds: [] }
  const add = <Key>(counts: Map<Key, number>, key: Key) => counts.set(key, (counts.get(key) ?? 0) + 1)
  for (const { deliveryId, webhookId, replayId, skipReason } of outcomes) {
    if (skipReason) {
      add(taken.skipped, webhookId)
      add(taken.reasons, skipReason)
    }
    if (!replayId) continue
    add(taken.replayed, webhookId)
    taken.rung.push([replayId, 0, webhookId])
    taken.changedIds.push(deliveryId, replayId)
  }
  return taken
}
