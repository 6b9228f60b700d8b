import type { Identity } from '../access/identity.ts'
import type { Core } from '../kit/core.ts'
import { AppError } from '../kit/errors.ts'
import { createMailbox, type Mailbox } from '../kit/mailbox.ts'
import { CHANNELS, type PubSub, publishIds } from '../kit/pubsub.ts'
import { type DeliveryStats, deliveryStats } from './stats.ts'
import {
  DELIVERY_COLUMNS,
  type DeliveryFilter,
  type DeliveryQuery,
  type DeliveryRow,
  deliveryQuery,
  deliveryWhere,
} from './where.ts'

/** Tells every process that these deliveries are new or changed. A hint: the rows are the truth. */
export const deliveriesChanged = (pubsub: PubSub, ids: readonly string[]): void =>
  publishIds(pubsub, CHANNELS.deliveries, ids)

/** Deliveries in one batch for a follower: a page for people, not a copy of the table. The newest come first. */
export const MAX_CHANGED = 200

const BATCH_EVERY_MS = 250
const STATS_EVERY_MS = 1_000
/** Figures also change with time alone, and a message can be lost. */
const STATS_ANYWAY_EVERY = 5
/** Ids that wait for the next batch; beyond this the oldest are left to the next refetch. */
const MAX_WAITING = 20_000

/** What changes of deliveries, as one process follows it for all who ask. */
export interface DeliveryChanges {
  /**
   * Deliveries that are new or changed and that the filter takes as they are now, newest first, in batches of at most
   * MAX_CHANGED, at most four a second. One who is slow gets what changed meanwhile together. Ends with UNAVAILABLE when changes may
   * have been missed. Throws BAD_USER_INPUT for a wrong filter.
   */
  follow(identity: Identity, filter?: DeliveryFilter | null): AsyncIterableIterator<DeliveryRow[]>
  /** The figures now, and again whenever they may have changed, at most once a second. */
  followStats(identity: Identity, tenantId?: string | null): AsyncIterableIterator<DeliveryStats>
  close(): void
}

/** Followers that ask for the same, and so are handed the same objects. */
interface Group<Value> {
  members: Set<Mailbox<Value>>
  refresh: () => Promise<Value | null>
}

export function createDeliveryChanges(core: Core): DeliveryChanges {
  const lists = new Map<string, Group<DeliveryRow[]>>()
  const figures = new Map<string, Group<DeliveryStats>>()
  let changed = new Set<string>()
  /** The ids of the batch that is being made. */
  let batch: string[] = []
  let changedSinceStats = false
  let unsubscribe: (() => void) | undefined
  let timers: NodeJS.Timeout[] = []
  let busy = false
  let sinceStats = 0

  const heard = (message: string | null) => {
    changedSinceStats = true
    if (message === null || message === '') {
      for (const { members } of lists.values()) for (const member of members) member.fail(missed())
      return
    }
    if (lists.size === 0) return
    for (const id of message.split(',')) changed.add(id)
    for (const id of changed) {
      if (changed.size <= MAX_WAITING) break
      changed.delete(id)
    }
  }

  const handOut = async <Value>(groups: Map<string, Group<Value>>) => {
    for (const { members, refresh } of groups.values()) {
      const value = await refresh()
      if (value !== null) for (const member of members) member.put(value)
    }
  }

  /** Never two at once: a slow database makes batches rarer, not more. */
  const alone = async (work: () => Promise<void>) => {
    if (busy) return
    busy = true
    try {
      await work()
    } catch (error) {
      core.log.warn({ err: error }, 'changes of deliveries could not be read; the next round tries again')
    } finally {
      busy = false
    }
  }

  const sendBatch = () =>
    alone(async () => {
      if (changed.size === 0) return
      batch = [...changed]
      changed = new Set()
      try {
        await handOut(lists)
      } catch (error) {
        changed = new Set([...batch, ...changed])
        throw error
      }
    })

  const sendStats = () =>
    alone(async () => {
      if (!changedSinceStats && ++sinceStats < STATS_ANYWAY_EVERY) return
      changedSinceStats = false
      sinceStats = 0
      await handOut(figures)
    })

  const start = () => {
    if (unsubscribe) return
    unsubscribe = core.pubsub.subscribe(CHANNELS.deliveries, heard)
    timers = [setInterval(sendBatch, BATCH_EVERY_MS), setInterval(sendStats, STATS_EVERY_MS)]
    for (const timer of timers) timer.unref()
  }

  /** Nobody follows any more: nothing is listened to. */
  const rest = () => {
    if (lists.size > 0 || figures.size > 0) return
    for (const timer of timers) clearInterval(timer)
    unsubscribe?.()
    unsubscribe = undefined
    changed = new Set()
  }

  const join = <Value>(
    groups: Map<string, Group<Value>>,
    key: string,
    refresh: () => Promise<Value | null>,
    merge: (waiting: Value, later: Value) => Value,
  ): Mailbox<Value> => {
    const group = groups.get(key) ?? { members: new Set(), refresh }
    groups.set(key, group)
    const mailbox = createMailbox<Value>(merge, () => {
      group.members.delete(mailbox)
      if (group.members.size === 0) groups.delete(key)
      rest()
    })
    group.members.add(mailbox)
    start()
    return mailbox
  }

  return {
    follow(identity, filter) {
      const query = () => deliveryQuery(identity, filter, core.clock())
      query()
      const refresh = async () => {
        const now = query()
        const rows = now ? await readChanged(core, now, batch) : []
        return rows.length > 0 ? rows : null
      }
      return join(lists, keyOf(identity, filter), refresh, newest).read
    },
    followStats(identity, tenantId) {
      const read = () => deliveryStats(core, identity, { tenantId })
      const now = read()
      const mailbox = join(figures, keyOf(identity, tenantId), async () => read(), latest)
      mailbox.put(now)
      return mailbox.read
    },
    close() {
      for (const groups of [lists, figures])
        for (const { members } of groups.values()) for (const { read } of [...members]) void read.return?.()
      rest()
    },
  }
}

const missed = () =>
  new AppError('UNAVAILABLE', 'changes of deliveries may have been missed; read them anew and subscribe again')

/** What one may see depends on the tenant alone. */
const keyOf = ({ tenantId }: Identity, asked: unknown) => JSON.stringify([tenantId, asked ?? null])

const latest = <Value>(_waiting: Value, later: Value): Value => later

/** Both, each delivery as it was read last, cut to the newest. */
function newest(waiting: DeliveryRow[], later: DeliveryRow[]): DeliveryRow[] {
  const rows = new Map([...waiting, ...later].map((row) => [row.id, row]))
  return [...rows.values()].sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, MAX_CHANGED)
}

function readChanged(core: Core, query: DeliveryQuery, ids: readonly string[]): Promise<DeliveryRow[]> {
  const values: unknown[] = []
  const where = deliveryWhere(query, values)
  return core.db.query<DeliveryRow>(
    `SELECT ${DELIVERY_COLUMNS} FROM deliveries d WHERE d.id = ANY($${values.push(ids)}::uuid[]) AND ${where}
     ORDER BY d.id DESC LIMIT ${MAX_CHANGED}`,
    values,
  )
}
