import type { AppContext } from '../../app-context.ts'
import type { Identity } from '../../identity/identity.ts'
import { tenantContext } from '../../identity/tenant-context.ts'
import { type ConflatedChannel, createConflatedChannel } from '../../kit/async/conflated-channel.ts'
import { AppError } from '../../kit/errors.ts'
import { CHANNELS, type PubSub, publishIds } from '../../kit/pubsub.ts'
import type { DeliveryFilter } from '../read/delivery-filter.ts'
import type { DeliveryRow } from '../read/delivery-where.ts'
import { type DeliveryStats, deliveryStats } from '../read/stats.ts'
import { createSubscriptionHub } from './subscription-hub.ts'

/**
 * Tells all processes which deliveries are new or changed. The message is only a hint; the recipients read the rows.
 */
export const deliveriesChanged = (pubsub: PubSub, ids: readonly string[]): void =>
  publishIds(pubsub, CHANNELS.deliveries, ids)

const BATCH_EVERY_MS = 250
const STATS_EVERY_MS = 1_000
/**
 * Every this many intervals the statistics are sent even without a change message: they also change as time passes, and
 * a message can be lost.
 */
const STATS_ANYWAY_EVERY = 5

/** Subscriptions to delivery changes. All subscribers of a process share one listener. */
export interface DeliveryChanges {
  /**
   * Streams new and changed deliveries that match the filter now, newest first. A batch has at most MAX_CHANGED
   * deliveries, and there are at most four batches per second. If a subscriber is slow, later batches are merged into
   * the one that is waiting. Ends with UNAVAILABLE if changes may have been missed. Throws BAD_USER_INPUT for an
   * invalid filter.
   */
  follow(identity: Identity, filter?: DeliveryFilter | null): AsyncIterableIterator<DeliveryRow[]>
  /**
   * Streams statistics: first the current ones, then new ones whenever they may have changed, at most once per second.
   */
  followStats(identity: Identity, tenantId?: string | null): AsyncIterableIterator<DeliveryStats>
  close(): void
}

/** Subscribers to the same statistics. They all receive the same object. */
interface Group {
  members: Set<ConflatedChannel<DeliveryStats>>
  make: () => DeliveryStats
}

export function createDeliveryChanges(core: AppContext): DeliveryChanges {
  const lists = createSubscriptionHub(core)
  const figures = new Map<string, Group>()
  let changedSinceStats = false
  let unsubscribe: (() => void) | undefined
  let timers: NodeJS.Timeout[] = []
  let sinceStats = 0

  const heard = (message: string | null) => {
    changedSinceStats = true
    if (message) lists.hear(message.split(','))
    else lists.fail(missed())
  }

  const sendStats = () => {
    if (!changedSinceStats && ++sinceStats < STATS_ANYWAY_EVERY) return
    changedSinceStats = false
    sinceStats = 0
    for (const { members, make } of figures.values()) {
      const stats = make()
      for (const member of members) member.put(stats)
    }
  }

  const start = () => {
    if (unsubscribe) return
    unsubscribe = core.pubsub.subscribe(CHANNELS.deliveries, heard)
    timers = [setInterval(lists.send, BATCH_EVERY_MS), setInterval(sendStats, STATS_EVERY_MS)]
    for (const timer of timers) timer.unref()
  }

  /** Removes the listener if there are no subscribers. */
  const rest = () => {
    if (lists.isFollowed() || figures.size > 0) return
    for (const timer of timers) clearInterval(timer)
    unsubscribe?.()
    unsubscribe = undefined
  }

  return {
    follow(identity, filter) {
      const rows = lists.follow(identity, filter, rest)
      start()
      return rows
    },
    followStats(identity, tenantId) {
      const context = tenantContext(core, identity)
      const make = () => deliveryStats(context, identity, { tenantId })
      const now = make()
      const key = JSON.stringify([identity.tenantId, identity.narrowed ?? false, tenantId ?? null])
      const group = figures.get(key) ?? { members: new Set(), make }
      figures.set(key, group)
      const channel = createConflatedChannel<DeliveryStats>(
        (_waiting, later) => later,
        () => {
          group.members.delete(channel)
          if (group.members.size === 0 && figures.get(key) === group) figures.delete(key)
          rest()
        },
      )
      group.members.add(channel)
      start()
      channel.put(now)
      return channel.read
    },
    close() {
      lists.close()
      for (const { members } of figures.values()) for (const { read } of [...members]) void read.return?.()
      rest()
    },
  }
}

const missed = () =>
  new AppError('UNAVAILABLE', 'delivery changes may have been missed; read the list again and resubscribe')
