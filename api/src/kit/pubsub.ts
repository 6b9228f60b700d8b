import { Redis } from 'ioredis'
import type { Log } from './log.ts'
import { SILENCE_MS } from './redis.ts'

/**
 * Change notifications between processes. They carry ids, never the change itself. A lost message costs time but no
 * data, so publishing never throws. After a broken connection, every subscriber is called with null ("anything may
 * have changed").
 */
export interface PubSub {
  /** Resolves to whether Redis accepted the message; never rejects. */
  publish(channel: string, message: string): Promise<boolean>
  /** Returns an unsubscribe function. */
  subscribe(channel: string, listener: (message: string | null) => void): () => void
  close(): void
}

/** A subscriber sends no commands: only an answer to a ping tells a quiet channel from a dead connection. */
const PING_MS = 1_000

export function createPubSub(options: { redisUrl: string; prefix: string; redis: Redis; log: Log }): PubSub {
  const listeners = new Map<string, Set<(message: string | null) => void>>()
  const name = (channel: string) => `${options.prefix}:${channel}`
  let subscriber: Redis | undefined
  let pings: NodeJS.Timeout | undefined

  const connect = () => {
    const connection = new Redis(options.redisUrl, {
      retryStrategy: (times) => Math.min(50 * times, 2_000),
      maxRetriesPerRequest: null,
      autoResubscribe: true,
      socketTimeout: SILENCE_MS,
    })
    pings = setInterval(() => {
      if (connection.status === 'ready') connection.ping().catch(() => undefined)
    }, PING_MS)
    pings.unref()
    let connectedBefore = false
    connection.on('error', (error) => options.log.debug({ err: error }, 'redis subscriber'))
    connection.on('ready', () => {
      if (connectedBefore) for (const set of listeners.values()) for (const listener of set) listener(null)
      connectedBefore = true
    })
    connection.on('message', (channel: string, message: string) => {
      for (const listener of listeners.get(channel) ?? []) listener(message)
    })
    return connection
  }

  return {
    async publish(channel, message) {
      if (options.redis.status !== 'ready') return false
      try {
        await options.redis.publish(name(channel), message)
        return true
      } catch (error) {
        options.log.debug({ err: error, channel }, 'not published')
        return false
      }
    },
    subscribe(channel, listener) {
      subscriber ??= connect()
      const key = name(channel)
      const set = listeners.get(key) ?? new Set()
      set.add(listener)
      listeners.set(key, set)
      if (set.size === 1) void subscriber.subscribe(key).catch(() => undefined)
      return () => {
        set.delete(listener)
        if (set.size > 0) return
        listeners.delete(key)
        void subscriber?.unsubscribe(key).catch(() => undefined)
      }
    },
    close() {
      listeners.clear()
      clearInterval(pings)
      subscriber?.disconnect()
    },
  }
}

/** Maximum number of ids per message. */
const MESSAGE_IDS = 1_000

/** Publishes changed ids, split over as many messages as needed. */
export function publishIds(pubsub: PubSub, channel: string, ids: readonly string[]): void {
  for (let i = 0; i < ids.length; i += MESSAGE_IDS)
    void pubsub.publish(channel, ids.slice(i, i + MESSAGE_IDS).join(','))
}

/** Channels and their message formats. */
export const CHANNELS = {
  /** Deliveries that may be due: a JSON array of [id, attempts made, webhook id]. */
  bell: 'bell',
  /** A webhook's public settings, state or circuit changed: its UUID. */
  webhooks: 'webhooks',
  /** The catalogue of event types changed: the type's name. */
  eventTypes: 'event-types',
  /** Events were appended: the greatest seq. */
  feed: 'feed',
  /** Deliveries are new or changed: their UUIDs, comma-separated; empty when any of them may be. */
  deliveries: 'deliveries',
  /** A bulk replay was started, has made progress or is finished: its UUID. */
  bulkReplays: 'bulk-replays',
  /** A bulk replay was cancelled, paused or resumed: its UUID. Its worker reads it at once. */
  bulkReplayRequests: 'bulk-replay-requests',
  /** An API key was revoked: its UUID. */
  apiKeys: 'api-keys',
  /** A tenant's limits changed: its slug. */
  tenants: 'tenants',
  /** A service, its health or the healer's view of Docker changed; no content. */
  health: 'health',
  /** An attempt to heal ended: its UUID. */
  healAttempts: 'heal-attempts',
  /** Requests an immediate healing run: the target's UUID, or empty for all. */
  healRequests: 'heal-requests',
  /** An alert rule was created, changed or deleted: its UUID. */
  alertRules: 'alert-rules',
  /** Alerts changed: the UUIDs of the entries in their timelines, comma-separated. */
  alerts: 'alerts',
} as const
