import type { AppContext } from '../../app-context.ts'
import { timeKey } from '../../db/keyset.ts'
import type { Identity } from '../../identity/identity.ts'
import { tenantContext } from '../../identity/tenant-context.ts'
import { type ConflatedChannel, createConflatedChannel } from '../../kit/conflated-channel.ts'
import { seesSecretUrls } from '../../webhooks/visible-url.ts'
import { type DeliveryFilter, type DeliveryQuery, deliveryQuery } from '../read/delivery-filter.ts'
import { DELIVERY_COLUMNS, type DeliveryRow, deliveryWhere } from '../read/delivery-where.ts'
import { resolveSearch } from '../read/search-sql.ts'

/** Deliveries in one batch for a follower: a page for people, not a copy of the table. The newest come first. */
export const MAX_CHANGED = 200

/** Ids that wait for the next batch; beyond this the oldest are left to the next refetch. */
const MAX_WAITING = 20_000

/** Changed deliveries, for all in a process who follow some. */
export interface SubscriptionHub {
  /** Whether anybody follows. */
  isFollowed(): boolean
  hear(ids: readonly string[]): void
  /** Ends all that is followed with an error. */
  fail(error: Error): void
  /** Reads what was heard since, where the last reading is over, and hands it out. */
  send(): void
  /** Throws BAD_USER_INPUT for a wrong filter. */
  follow(
    identity: Identity,
    filter: DeliveryFilter | null | undefined,
    onLeave: () => void,
  ): AsyncIterableIterator<DeliveryRow[]>
  close(): void
}

/** Followers that ask for the same, and so are handed the same objects. */
interface Group {
  members: Set<ConflatedChannel<DeliveryRow[]>>
  read: (ids: readonly string[]) => Promise<DeliveryRow[]>
}

/** What one tenant follows: read one after the other, and without others having to wait for it. */
interface Lane {
  groups: Map<string, Group>
  waiting: ReadonlySet<string>
  busy: boolean
}

const NONE: ReadonlySet<string> = new Set()

export function createSubscriptionHub(core: AppContext): SubscriptionHub {
  const lanes = new Map<string, Lane>()
  let heard = new Set<string>()

  /** Never two at once in a lane: a slow database makes batches rarer, not more. */
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
      core.log.warn({ err: error }, 'changes of deliveries could not be read; the next round tries again')
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
      const own = tenantContext(core, identity)
      // Which rows one sees depends on the tenant alone; an identity that is narrowed to one does not wait in its line.
      const laneKey = JSON.stringify([identity.tenantId, identity.narrowed ?? false])
      const lane = lanes.get(laneKey) ?? { groups: new Map<string, Group>(), waiting: NONE, busy: false }
      lanes.set(laneKey, lane)
      // A search finds more for those who see secret URLs.
      const key = JSON.stringify([filter ?? null, seesSecretUrls(identity)])
      const group = lane.groups.get(key) ?? {
        members: new Set(),
        read: async (ids) => {
          const now = query()
          return now ? readChanged(own, now, ids) : []
        },
      }
      lane.groups.set(key, group)
      const mailbox = createConflatedChannel(newest, () => {
        group.members.delete(mailbox)
        if (group.members.size === 0 && lane.groups.get(key) === group) lane.groups.delete(key)
        if (lane.groups.size === 0 && lanes.get(laneKey) === lane) lanes.delete(laneKey)
        if (lanes.size === 0) heard = new Set()
        onLeave()
      })
      group.members.add(mailbox)
      return mailbox.read
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

/** Both, each delivery as it was read last, cut to the newest. */
function newest(waiting: DeliveryRow[], later: DeliveryRow[]): DeliveryRow[] {
  const rows = new Map([...waiting, ...later].map((row) => [row.id, row]))
  return [...rows.values()].sort((a, b) => (placeOf(a) < placeOf(b) ? 1 : -1)).slice(0, MAX_CHANGED)
}

async function readChanged(core: AppContext, given: DeliveryQuery, ids: readonly string[]): Promise<DeliveryRow[]> {
  const values: unknown[] = []
  const query = await resolveSearch((text, parameters) => core.db.query(text, parameters), given)
  const where = deliveryWhere(query, values)
  return core.db.query<DeliveryRow>(
    `SELECT ${DELIVERY_COLUMNS} FROM deliveries d WHERE d.id = ANY($${values.push(ids)}::uuid[]) AND ${where}
     ORDER BY d.changed_at DESC, d.id DESC LIMIT ${MAX_CHANGED}`,
    values,
  )
}
