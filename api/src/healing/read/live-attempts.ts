import type { AppContext } from '../../app-context.ts'
import type { Identity } from '../../identity/identity.ts'
import { type ConflatedChannel, createConflatedChannel } from '../../kit/async/conflated-channel.ts'
import { AppError } from '../../kit/errors.ts'
import { CHANNELS } from '../../kit/pubsub.ts'
import { type AttemptRow, seesHealing } from '../operate/load.ts'

/** Attempts as they end, for subscriptions. One reader per process serves all subscribers. */
export interface LiveAttempts {
  /**
   * Each attempt that ends from now on. An identity that is bound to a tenant gets none. Ends with UNAVAILABLE when
   * attempts may have been missed.
   */
  follow(identity: Identity): AsyncIterableIterator<AttemptRow>
  close(): void
}

interface Follower {
  channel: ConflatedChannel<AttemptRow[]>
  /** Whether the subscriber may see attempts. Others are registered too: their stream stays open and gets nothing. */
  isTold: boolean
}

export function createLiveAttempts({ db, pubsub, log }: Pick<AppContext, 'db' | 'pubsub' | 'log'>): LiveAttempts {
  const followers = new Set<Follower>()
  let unsubscribe: (() => void) | null = null

  const tell = async (ids: string[]) => {
    const rows = await db.prisma.healAttempt.findMany({ where: { id: { in: ids } }, orderBy: { id: 'asc' } })
    if (rows.length > 0) for (const { channel, isTold } of followers) if (isTold) channel.put(rows)
  }
  const hear = (message: string | null) => {
    if (message === null) {
      const missed = new AppError(
        'UNAVAILABLE',
        'attempts may have been missed; read the history again and resubscribe',
      )
      for (const { channel } of followers) channel.fail(missed)
      return
    }
    tell(message.split(',').filter(Boolean)).catch((error: unknown) =>
      log.warn({ err: error }, 'attempts that ended could not be read'),
    )
  }

  return {
    follow(identity) {
      const channel = createConflatedChannel<AttemptRow[]>(
        (waiting, later) => [...waiting, ...later],
        () => {
          followers.delete(follower)
          if (followers.size > 0) return
          unsubscribe?.()
          unsubscribe = null
        },
      )
      const follower = { channel, isTold: seesHealing(identity) }
      followers.add(follower)
      unsubscribe ??= pubsub.subscribe(CHANNELS.healAttempts, hear)
      return oneByOne(channel.read)
    },
    close() {
      for (const { channel } of [...followers]) void channel.read.return?.()
    },
  }
}

function oneByOne(batches: AsyncIterableIterator<AttemptRow[]>): AsyncIterableIterator<AttemptRow> {
  let waiting: AttemptRow[] = []
  const attempts: AsyncIterableIterator<AttemptRow> = {
    async next() {
      for (;;) {
        const first = waiting.shift()
        if (first) return { done: false, value: first }
        const { done, value } = await batches.next()
        if (done) return { done: true, value: undefined }
        waiting = [...value]
      }
    },
    async return() {
      waiting = []
      await batches.return?.()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]: () => attempts,
  }
  return attempts
}
