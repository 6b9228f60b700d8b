import type { AppContext } from '../../app-context.ts'
import { timeKey } from '../../db/keyset.ts'
import type { Identity } from '../../identity/identity.ts'
import { tenantContext } from '../../identity/tenant-context.ts'
import { type ConflatedChannel, createConflatedChannel } from '../../kit/async/conflated-channel.ts'
import { seesSecretUrls } from '../../webhooks/visible-url.ts'
import { type DeliveryFilter, type DeliveryQuery, deliveryQuery } from '../read/delivery-filter.ts'
import { DELIVERY_COLUMNS, type DeliveryRow, deliveryWhere } from '../read/delivery-where.ts'
import { resolveSearch } from '../read/search-sql.ts'

/**
 * Maximum number of deliveries per batch, newest first. It fits a page that people read; subscribers cannot use it to
 * copy the table.
 */
export const MAX_CHANGED = 200

/**
 * Maximum number of ids waiting for the next batch. If there are more, the oldest are dropped, and the client sees
 * those changes when it reads the list again.
 */
const MAX_WAITING = 20_000

/** Distributes changed deliveries to the subscribers in this process. */
export interface SubscriptionHub {
  /** Whether there are subscribers. */
  isFollowed(): boolean
  hear(ids: readonly string[]): void
  /** Ends all subscriptions with an error. */
  fail(error: Error): void
  /**
   * Reads the deliveries announced since the last call and distributes them. A lane whose previous read is still
   * running is skipped.
   */
  send(): void
  /** Throws BAD_USER_INPUT for an invalid filter. */
  follow(
    identity: Identity,
    filter: DeliveryFilter | null | undefined,
    onLeave: () => void,
  ): AsyncIterableIterator<DeliveryRow[]>
  close(): void
}

/** Subscribers with the same filter and scope. They all receive the same objects. */
interface Group {
  members: Set<ConflatedChannel<DeliveryRow[]>>
  read: (ids: readonly string[]) => Promise<DeliveryRow[]>
}

/** The groups of one tenant. Groups of a lane are read one after another; lanes are independent of each other. */
interface Lane {
  groups: Map<string, Group>
  waiting: ReadonlySet<string>
  busy: boolean
}

const NONE: ReadonlySet<string> = new Set()

export function createSubscriptionHub(core: AppContext): SubscriptionHub {
  const lanes = new Map<string, Lane>()
  let heard = new Set<string>()

  /**
   * Only one read per lane runs at a time, so a slow database causes fewer batches instead of more concurrent reads.
   */
  const read = async (lane: Lane) => {
    const ids = [...lane.waiting]
    lane.waiting = NONE
    lane.busy = true
    try {
      for (const group of lane.groups.values()) {
        const rows = await group.read(ids)
        if (rows.length > 0) for (const member of group.members) member.put(rows)
      }
    } catch (error) {
      lane.waiting = together(ids, lane.waiting)
      core.log.warn({ err: error }, 'delivery changes could not be read; the next round tries again')
    } finally {
      lane.busy = false
    }
  }
  const members = function* () {
    for (const { groups } of lanes.values()) for (const group of groups.values()) yield* [...group.members]
  }

  return {
    isFollowed: () => lanes.size > 0,
    hear(ids) {
      if (lanes.size === 0) return
      for (const id of ids) heard.add(id)
      cutToNewest(heard)
    },
    fail(error) {
      for (const member of members()) member.fail(error)
    },
    send() {
      const ids = heard
      heard = new Set()
      for (const lane of lanes.values()) {
        if (ids.size > 0) lane.waiting = lane.waiting.size === 0 ? ids : together(lane.waiting, ids)
        if (!lane.busy && lane.waiting.size > 0) void read(lane)
      }
    },
    follow(identity, filter, onLeave) {
      const query = () => deliveryQuery(identity, filter, core.clock())
      query()
      const context = tenantContext(core, identity)
      // Visibility depends only on the tenant and on whether the identity was narrowed to that tenant. Identities that
      // agree in both share a lane.
      const laneKey = JSON.stringify([identity.tenantId, identity.narrowed ?? false])
      const lane = lanes.get(laneKey) ?? { groups: new Map<string, Group>(), waiting: NONE, busy: false }
      lanes.set(laneKey, lane)
      // A search also covers secret URLs if the identity may see them.
      const key = JSON.stringify([filter ?? null, seesSecretUrls(identity)])
      const group = lane.groups.get(key) ?? {
        members: new Set(),
        read: async (ids) => {
          const now = query()
          return now ? readChanged(context, now, ids) : []
        },
      }
      lane.groups.set(key, group)
      const channel = createConflatedChannel(newest, () => {
        group.members.delete(channel)
        if (group.members.size === 0 && lane.groups.get(key) === group) lane.groups.delete(key)
        if (lane.groups.size === 0 && lanes.get(laneKey) === lane) lanes.delete(laneKey)
        if (lanes.size === 0) heard = new Set()
        onLeave()
      })
      group.members.add(channel)
      return channel.read
    },
    close() {
      for (const { read } of [...members()]) void read.return?.()
    },
  }
}

function together(before: Iterable<string>, later: Iterable<string>): ReadonlySet<string> {
  const ids = new Set([...before, ...later])
  cutToNewest(ids)
  return ids
}

function cutToNewest(ids: Set<string>): void {
  for (const id of ids) {
    if (ids.size <= MAX_WAITING) return
    ids.delete(id)
  }
}

const placeOf = (row: DeliveryRow) => timeKey(row.changedAt, row.id)

/** Merges two batches: keeps the latest state of each delivery and drops the oldest deliveries beyond MAX_CHANGED. */
function newest(waiting: DeliveryRow[], later: DeliveryRow[]): DeliveryRow[] {
  const rows = new Map([...waiting, ...later].map((row) => [row.id, row]))
  return [...rows.values()].sort((a, b) => (placeOf(a) < placeOf(b) ? 1 : -1)).slice(0, MAX_CHANGED)
}

async function readChanged(
  core: AppContext,
  unresolved: DeliveryQuery,
  ids: readonly string[],
): Promise<DeliveryRow[]> {
  const values: unknown[] = []
  const query = await resolveSearch((text, parameters) => core.db.query(text, parameters), unresolved)
  const where = deliveryWhere(query, values)
  return core.db.query<DeliveryRow>(
    `SELECT ${DELIVERY_COLUMNS} FROM deliveries d WHERE d.id = ANY($${values.push(ids)}::uuid[]) AND ${where}
     ORDER BY d.changed_at DESC, d.id DESC LIMIT ${MAX_CHANGED}`,
    values,
  )
}
