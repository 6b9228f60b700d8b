import { Redis } from 'ioredis'
import type { Log } from './log.ts'

/**
 * Messages between processes: hints that something changed, never the change itself. One that is lost costs time, not
 * truth, so publishing never throws; after a broken connection every subscriber is called with null ("anything may have
 * changed meanwhile").
 */
export interface PubSub {
  publish(channel: string, message: string): void
  /** Returns the way to stop. */
  subscribe(channel: string, listener: (message: string | null) => void): () => void
  close(): void
}

export function createPubSub(options: { redisUrl: string; prefix: string; redis: Redis; log: Log }): PubSub {
  const listeners = new Map<string, Set<(message: string | null) => void>>()
  const name = (channel: string) => `${options.prefix}:${channel}`
  let subscriber: Redis | undefined

  const connect = () => {
    const made = new Redis(options.redisUrl, {
      retryStrategy: (times) => Math.min(50 * times, 2_000),
      maxRetriesPerRequest: null,
      autoResubscribe: true,
    })
    let connectedBefore = false
    made.on('error', (error) => options.log.debug({ err: error }, 'redis subscriber'))
    made.on('ready', () => {
      if (connectedBefore) for (const set of listeners.values()) for (const listener of set) listener(null)
      connectedBefore = true
    })
    made.on('message', (channel: string, message: string) => {
      for (const listener of listeners.get(channel) ?? []) listener(message)
    })
    return made
  }

  return {
    publish(channel, message) {
      if (options.redis.status !== 'ready') return
      options.redis
        .publish(name(channel), message)
        .catch((error: unknown) => options.log.debug({ err: error, channel }, 'not published'))
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
      subscriber?.disconnect()
    },
  }
}

/** Ids in one message. */
const MESSAGE_IDS = 1_000

/** Says that these have changed, in as many messages as it takes. */
export function publishIds(pubsub: PubSub, channel: string, ids: readonly string[]): void {
  for (let i = 0; i < ids.length; i += MESSAGE_IDS) pubsub.publish(channel, ids.slice(i, i + MESSAGE_IDS).join(','))
}

/** Channels in use, and what their messages are. */
export const CHANNELS = {
  /** A webhook's public settings, state or circuit changed: its UUID. */
  webhooks: 'webhooks',
  /** The catalogue of event types changed: the type's name. */
  eventTypes: 'event-types',
  /** Events were appended: the greatest seq. */
  feed: 'feed',
  /** Deliveries are new or changed: their UUIDs, comma-separated. Empty: any may be, of whatever tenant; nothing here says that. */
  deliveries: 'deliveries',
  /** An API key was revoked: its UUID. */
  apiKeys: 'api-keys',
  /** A tenant's limits changed: its slug. */
  tenants: 'tenants',
  /** A service or its health changed, or what the healer knows of Docker; no content. */
  health: 'health',
  /** An attempt to heal ended: its UUID. */
  healAttempts: 'heal-attempts',
  /** Somebody asked the healer to look now: the target's UUID, or empty. */
  healRequests: 'heal-requests',
  /** An alert rule was created, changed or deleted: its UUID. */
  alertRules: 'alert-rules',
  /** Alerts changed: the UUIDs of the entries in their timelines, comma-separated. */
  alerts: 'alerts',
} as const
