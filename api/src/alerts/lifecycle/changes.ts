import type { AlertChange } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import { clockShift, databaseNow } from '../../db/database-clock.ts'
import type { Identity } from '../../identity/identity.ts'
import { readScope } from '../../identity/tenant-scope.ts'
import { type ConflatedChannel, createConflatedChannel } from '../../kit/async/conflated-channel.ts'
import { AppError } from '../../kit/errors.ts'
import { CHANNELS } from '../../kit/pubsub.ts'
import type { AlertRow } from './alert.ts'

export interface AlertFrame {
  change: AlertChange
  alert: AlertRow
}

/** Changes of alerts, for subscriptions. One reader per process serves all subscribers. */
export interface AlertChanges {
  /**
   * Changes from now on, each once and in order. A subscriber that is too slow gets the error UNAVAILABLE, which ends
   * its subscription. Throws BAD_USER_INPUT.
   */
  follow(identity: Identity, tenantId?: string | null): AsyncIterableIterator<AlertFrame>
  close(): void
}

interface Entry {
  id: string
  alertId: string
  change: AlertChange
  /** Milliseconds since the change, by the database's clock. */
  age: number
}

interface Follower {
  channel: ConflatedChannel<AlertFrame[]>
  takes: (alert: AlertRow) => boolean
}

/** Messages announce new entries at once. If a message is lost, the entry is found within this time. */
const TICK_MS = 1_000
/**
 * Entries up to this old are read again each time, because a transaction may commit later than one with younger
 * entries.
 */
const LATE_SECONDS = 30
/** Maximum number of frames that wait for a slow subscriber. */
const MAX_WAITING = 1_000

const RECENT = `SELECT id, alert_id AS "alertId", change, (extract(epoch FROM ${databaseNow('$1')} - at) * 1000)::float8 AS age
  FROM alert_transitions WHERE at > ${databaseNow('$1')} - interval '${LATE_SECONDS} seconds' ORDER BY at, id`

export function createAlertChanges(core: AppContext): AlertChanges {
  const followers = new Set<Follower>()
  /** The entries of the previous read; undefined before the first read. */
  let before: Set<string> | undefined
  /** When the first subscription began, by this process's own clock. Earlier changes are not sent. */
  let followedAt = 0
  let reading: Promise<void> | undefined
  let again = false
  let timer: NodeJS.Timeout | undefined
  let unsubscribe: (() => void) | undefined

  const unsent = async (): Promise<Entry[]> => {
    const rows = await core.db.query<Entry>(RECENT, [clockShift(core)], 'recent_alert_changes')
    const followedFor = performance.now() - followedAt
    const fresh = rows.filter(({ id, age }) => (before ? !before.has(id) : age < followedFor))
    before = new Set(rows.map(({ id }) => id))
    return fresh
  }
  const send = async () => {
    const changes = await unsent()
    if (changes.length === 0) return
    const ids = [...new Set(changes.map(({ alertId }) => alertId))]
    const alerts = new Map(
      (await core.db.prisma.alert.findMany({ where: { id: { in: ids } } })).map((row) => [row.id, row]),
    )
    for (const { alertId, change } of changes) {
      const alert = alerts.get(alertId)
      if (!alert) continue
      // All subscribers get the same object, so that its rendering for the first one is reused for the others.
      const frame = { change, alert }
      for (const { channel, takes } of followers) if (takes(alert)) channel.put([frame])
    }
  }
  const read = () => {
    if (reading) {
      again = true
      return
    }
    reading = send()
      .then(
        () => {},
        (error: unknown) => core.log.warn({ err: error }, 'changes of alerts were not read; the next tick retries'),
      )
      .finally(() => {
        reading = undefined
        if (again && followers.size > 0) {
          again = false
          read()
        }
      })
  }
  const start = () => {
    if (unsubscribe) return
    followedAt = performance.now()
    unsubscribe = core.pubsub.subscribe(CHANNELS.alerts, read)
    timer = setInterval(read, TICK_MS)
    timer.unref()
    read()
  }
  const rest = () => {
    if (followers.size > 0) return
    clearInterval(timer)
    unsubscribe?.()
    unsubscribe = undefined
    before = undefined
  }

  return {
    follow(identity, tenantId) {
      const scope = readScope(identity, tenantId, 'tenantId')
      const takes = (alert: AlertRow) => scope === 'all' || (scope !== null && alert.tenantId === scope.tenantId)
      const channel = createConflatedChannel<AlertFrame[]>(
        (waiting, later) => {
          if (waiting.length + later.length <= MAX_WAITING) return [...waiting, ...later]
          channel.fail(missed())
          return waiting
        },
        () => {
          followers.delete(follower)
          rest()
        },
      )
      const follower: Follower = { channel, takes }
      followers.add(follower)
      start()
      return oneByOne(channel.read)
    },
    close() {
      for (const { channel } of [...followers]) void channel.read.return?.()
      rest()
    },
  }
}

const missed = () =>
  new AppError('UNAVAILABLE', 'changes of alerts may have been missed; read the list again and resubscribe')

/** Splits batches into single frames. */
function oneByOne(batches: AsyncIterableIterator<AlertFrame[]>): AsyncIterableIterator<AlertFrame> {
  let waiting: AlertFrame[] = []
  const frames: AsyncIterableIterator<AlertFrame> = {
    async next() {
      while (waiting.length === 0) {
        const { done, value } = await batches.next()
        if (done) return { done: true, value: undefined }
        waiting = [...value]
      }
      return { done: false, value: waiting.shift()! }
    },
    async return() {
      await batches.return?.()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]: () => frames,
  }
  return frames
}
