import type { DeliveryStatus } from '../../../../prisma/generated/client/client.ts'
import type { AppContext } from '../../app-context.ts'
import type { Caller } from '../../audit/entry.ts'
import { auditedBatch, type Change } from '../../audit/record.ts'
import { isDatabaseUnavailable } from '../../db/pool.ts'
import { handoffGraceMs } from '../../events/publish/handoff.ts'
import { createBatcher } from '../../kit/async/batch.ts'
import { type AppError, conflict, notFound } from '../../kit/errors.ts'
import { newId, publicId, uuidTime } from '../../kit/ids.ts'
import { Bell } from '../engine/bell.ts'
import { transition } from '../engine/state-machine.ts'
import { deliveriesChanged } from '../live/changes.ts'
import { DELIVERY_COLUMNS, type DeliveryRow } from '../read/delivery-where.ts'

export interface Replayed {
  original: DeliveryRow
  replay: DeliveryRow
}

/**
 * Sends the event of a delivery again: creates a new delivery with its own attempts, linked to the original. If the
 * original still has retries, it becomes CANCELLED, so that the event is not sent twice. Concurrent replays share one
 * statement and one commit.
 *
 * Throws CONFLICT if a replay is in progress, or if the delivery is DELIVERED, recovered, or has not been tried yet;
 * `force` allows all of these. Throws CONFLICT even with `force` if the webhook was deleted or the event was pruned.
 * Throws NOT_FOUND for a delivery of another tenant.
 */
export type Replay = (caller: Caller, id: string, options: { force: boolean }) => Promise<Replayed>

/** Maximum number of replays per batch. A batch locks the audit chain of a tenant until it commits. */
const BATCH_MAX = 100

interface Request {
  caller: Caller
  id: string
  replayId: string
  force: boolean
}

/** A row of the result of replay_deliveries(). */
interface Row {
  i: number
  outcome:
    | 'REPLAYED'
    | 'NOT_FOUND'
    | 'GONE'
    | 'DELIVERED'
    | 'RECOVERED'
    | 'BEING_SENT'
    | 'PENDING'
    | 'UNDER_WAY'
    | 'EXPIRED'
  status: DeliveryStatus
  attempt_count: number
  tenant_id: string | null
  webhook_id: string
  event_id: string
  superseded: boolean
  other: string | null
}

export function createReplay(core: AppContext): Replay {
  const bell = new Bell(core)
  const run = async (requests: readonly Request[]): Promise<Array<Replayed | Promise<Replayed>>> => {
    const outcomes = await auditedBatch(core, 'delivery.replay', async (client) => {
      const { rows } = await client.query<Row>({
        name: 'replay_deliveries',
        text: 'SELECT * FROM replay_deliveries($1::uuid[], $2::uuid[], $3::bool[], $4::text[], $5, $6::timestamptz[])',
        values: parameters(core, requests),
      })
      return rows
        .sort((a, b) => a.i - b.i)
        .map((row, i) => {
          const request = requests[i]!
          const refused = refusal(row, request)
          return refused ? { refused } : { caller: request.caller, change: changeOf(row, request) }
        })
    })
    const accepted = requests.filter((_, i) => !outcomes[i]!.refused)
    const rows = await read(
      core,
      accepted.flatMap(({ id, replayId }) => [id, replayId]),
    )
    deliveriesChanged(core.pubsub, [...rows.keys()])
    void bell.ring(accepted.map(({ replayId }) => [replayId, 0, rows.get(replayId)!.webhookId]))
    return requests.map(({ id, replayId }, i) => {
      const { refused } = outcomes[i]!
      return refused ? Promise.reject<Replayed>(refused) : { original: rows.get(id)!, replay: rows.get(replayId)! }
    })
  }
  const batcher = createBatcher<Request, Replayed>({
    max: BATCH_MAX,
    lanes: 2,
    async run(requests) {
      try {
        return await run(requests)
      } catch (error) {
        if (requests.length === 1 || isDatabaseUnavailable(error)) throw error
        // One of the replays made the whole statement fail. Each is run alone, so that the others succeed.
        return requests.map(async (request) => (await run([request]))[0]!)
      }
    },
  })
  return (caller, id, { force }) => batcher({ caller, id, replayId: newId(), force })
}

function parameters(core: AppContext, requests: readonly Request[]): unknown[] {
  return [
    requests.map(({ id }) => id),
    requests.map(({ replayId }) => replayId),
    requests.map(({ force }) => force),
    requests.map(({ caller }) => caller.identity.tenantId),
    handoffGraceMs(core),
    requests.map(({ replayId }) => new Date(uuidTime(replayId)).toISOString()),
  ]
}

function refusal({ outcome, other }: Row, { id }: Request): AppError | null {
  const shown = publicId('dlv', id)
  switch (outcome) {
    case 'REPLAYED':
      return null
    case 'NOT_FOUND':
      return notFound('delivery', shown)
    case 'GONE':
      return conflict(`${shown} cannot be replayed: its webhook has been deleted or its event pruned`)
    case 'DELIVERED':
      return conflict(`${shown} is already delivered; force: true sends it again`)
    case 'RECOVERED': {
      const replayId = publicId('dlv', other!)
      return conflict(`${shown} is recovered: its replay ${replayId} was delivered; force: true sends it again`, {
        replayId,
      })
    }
    case 'BEING_SENT':
      return conflict(`${shown} is being sent; force: true sends it once more`)
    case 'PENDING':
      return conflict(`${shown} is still waiting for its first attempt; force: true replaces it`)
    case 'EXPIRED':
      return conflict(`${shown} is of an event that has expired; force: true sends it all the same`)
    case 'UNDER_WAY': {
      const replayId = publicId('dlv', other!)
      return conflict(`a replay of ${shown} is in progress: ${replayId}; force: true starts another`, { replayId })
    }
  }
}

function changeOf(row: Row, { id, replayId, force }: Request): Change<undefined> {
  const { status, attempt_count: attemptCount } = row
  return {
    result: undefined,
    target: { type: 'delivery', id: publicId('dlv', id) },
    tenantId: row.tenant_id,
    before: { status, attemptCount },
    after: {
      status: row.superseded ? transition(status, 'superseded') : status,
      attemptCount,
      replayId: publicId('dlv', replayId),
      webhookId: publicId('whk', row.webhook_id),
      eventId: publicId('evt', row.event_id),
      force,
    },
  }
}

async function read(core: AppContext, ids: readonly string[]): Promise<Map<string, DeliveryRow>> {
  if (ids.length === 0) return new Map()
  const rows = await core.db.query<DeliveryRow>(
    `SELECT ${DELIVERY_COLUMNS} FROM deliveries d WHERE d.id = ANY($1::uuid[])`,
    [ids],
    'replayed',
  )
  return new Map(rows.map((row) => [row.id, row]))
}
