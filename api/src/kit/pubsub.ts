import { Redis } from 'ioredis'
import type { Log } from './log.ts'
import { SILENCE_MS } from './redis.ts'

/**
 * Messages about changes between processes. They contain ids, never the change itself. If a message is lost, the change
 * is noticed later but not lost, so publishing never throws. After a connection was broken, every subscriber is called
 * with null, which means that anything may have changed.
 */
export interface PubSub {
  /** Resolves with true if Redis has accepted the message, otherwise with false. Never rejects. */
  publish(channel: string, message: string): Promise<boolean>
  /** Returns a function that ends the subscription. */
  subscribe(channel: string, listener: (message: string | null) => void): () => void
  close(): void
}

/**
 * How often a subscriber sends a ping. It sends no other commands, so without an answer to a ping it cannot tell a
 * quiet channel from a dead connection.
 */
const PING_MS = 1_000

export function createPubSub(options: { redisUrl: string; prefix: string; redis: Redis; log: Log }): PubSub {
  const listeners = new Map<string, Set<(message: string | null) => void>>()
  const name = (channel: string) => `${options.prefix}:${channel}`
  let subscriber: Redis | undefined
  let pings: NodeJS.Timeout | undefined

  /** Subscribes to channels on the server. If that fails, the next connection subscribes to all channels. */
  const request = async (connection: Redis, channels: readonly string[]): Promise<void> => {
    try {
      if (channels.length > 0) await connection.subscribe(...channels)
    } catch (error) {
      options.log.warn({ err: error, channels }, 'not subscribed; the connection is replaced')
      connection.disconnect(true)
    }
  }

  const connect = () => {
    const connection = new Redis(options.redisUrl, {
      retryStrategy: (times) => Math.min(50 * times, 2_000),
      maxRetriesPerRequest: null,
      // The client does not restore a subscription whose confirmation was lost with the connection.
      autoResubscribe: false,
      socketTimeout: SILENCE_MS,
    })
    pings = setInterval(() => {
      if (connection.status === 'ready') connection.ping().catch(() => undefined)
    }, PING_MS)
    pings.unref()
    let wasCut = false
    connection.on('error', (error) => options.log.debug({ err: error }, 'redis subscriber'))
    connection.on('close', () => {
      wasCut = true
    })
    connection.on('ready', async () => {
      await request(connection, [...listeners.keys()])
      if (!wasCut || connection.status !== 'ready') return
      for (const set of listeners.values()) for (const listener of set) listener(null)
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
      // Before that, `ready` subscribes to all channels. A subscription during the handshake makes the client's own
      // INFO command fail.
      if (set.size === 1 && subscriber.status === 'ready') void request(subscriber, [key])
      return () => {
        set.delete(listener)
        if (set.size > 0) return
        listeners.delete(key)
        if (subscriber?.status === 'ready') subscriber.unsubscribe(key).catch(() => undefined)
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

/** Publishes changed ids, in as many messages as needed. */
export function publishIds(pubsub: PubSub, channel: string, ids: readonly string[]): void {
  for (let i = 0; i < ids.length; i += MESSAGE_IDS)
    void pubsub.publish(channel, ids.slice(i, i + MESSAGE_IDS).join(','))
}

/** All channels. The comments describe the event and the content of the message. */
export const CHANNELS = {
  /** Deliveries may be due. A JSON array of [id, number of attempts, webhook id]. */
  bell: 'bell',
  /** The settings, the state or the circuit of a webhook changed. Its UUID. */
  webhooks: 'webhooks',
  /** The catalogue of event types changed. The name of the type. */
  eventTypes: 'event-types',
  /** Events were appended. The greatest seq. */
  feed: 'feed',
  /** Deliveries are new or changed. Their UUIDs, separated by commas. Empty if any delivery may have changed. */
  deliveries: 'deliveries',
  /** A bulk replay was started, has made progress or is finished. Its UUID. */
  bulkReplays: 'bulk-replays',
  /** A bulk replay was cancelled, paused or resumed. Its UUID. The worker that runs it reads it at once. */
  bulkReplayRequests: 'bulk-replay-requests',
  /** An API key was revoked. Its UUID. */
  apiKeys: 'api-keys',
  /** The limits of a tenant changed. The slug of the tenant. */
  tenants: 'tenants',
  /** A service, its health, a heal target, the storm brake or the state of Docker changed. Empty. */
  health: 'health',
  /** A heal attempt ended. Its UUID. */
  healAttempts: 'heal-attempts',
  /** A healing run is requested now. The UUID of the target, or empty for all targets. */
  healRequests: 'heal-requests',
  /** An alert rule was created, changed or deleted. Its UUID. */
  alertRules: 'alert-rules',
  /** Alerts changed. The UUIDs of the new entries in their timelines, separated by commas. */
  alerts: 'alerts',
} as const
