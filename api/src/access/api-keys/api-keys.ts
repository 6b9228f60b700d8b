import { hash, randomBytes } from 'node:crypto'
import type { ApiKey } from '../../../../prisma/generated/client/client.ts'
import type { AppContext } from '../../app-context.ts'
import type { Identity } from '../../identity/identity.ts'
import { newId, publicId } from '../../kit/ids.ts'
import { CHANNELS } from '../../kit/pubsub.ts'

/**
 * API keys: `alk_` followed by 256 random bits. Only the SHA-256 of a key is stored: random keys of this length need
 * neither a salt nor a slow hash.
 *
 * A key is looked up by its digest, in memory and through an index. The duration of a look-up may reveal how many
 * leading characters two digests share. That is harmless, because a digest reveals nothing about its key, and an
 * attacker who wants a certain digest has to try millions of keys. So digests need no comparison in constant time.
 */
export const KEY_PREFIX = 'alk_'

export const hashKey = (key: string): string => hash('sha256', key, 'hex')

export const generateKey = (): string => `${KEY_PREFIX}${randomBytes(32).toString('base64url')}`

/** The beginning of a key, which lists show so that people can tell keys apart. */
export const visiblePrefix = (key: string) => key.slice(0, KEY_PREFIX.length + 4)

/**
 * Lifetime of a cached key. A revocation is announced to all processes and takes effect at once. If the announcement is
 * lost, the key still works for this long.
 */
const CACHE_MS = 10_000
const MAX_CACHED = 10_000
const USED_EVERY_MS = 60_000

export interface ApiKeys {
  /**
   * The identity of a key, or null when the key is unknown, revoked or expired. Throws while the database is
   * unavailable.
   */
  identify(key: string): Promise<Identity | null> | Identity | null
  /**
   * Removes a key (by UUID) from the cache of this process at once, and of the others when the announcement arrives.
   */
  revoked(id: string): void
  /** Calls the listener with the public id of a key that leaves the cache, or with null when all keys leave it. */
  onForgotten(listener: (id: string | null) => void): void
}

interface Known {
  identity: Identity | null
  until: number
}

/**
 * Looks keys up and caches the results, so that a process reads a key at most once in ten seconds. The cache holds
 * hashes of keys, never keys.
 */
export function createApiKeys({
  db,
  pubsub,
  clock,
  log,
}: Pick<AppContext, 'db' | 'pubsub' | 'clock' | 'log'>): ApiKeys {
  const identities = new Map<string, Known>()
  const asking = new Map<string, Promise<Identity | null>>()
  const noted = new Map<string, number>()
  const listeners: ((id: string | null) => void)[] = []
  // Counts revocations. A row that was read before a revocation must not be cached after it.
  let revocations = 0

  const forget = (id: string | null) => {
    revocations += 1
    const publicOne = id === null ? null : publicId('key', id)
    for (const [hash, { identity }] of identities) {
      if (publicOne === null || identity?.id === publicOne) identities.delete(hash)
    }
    for (const listener of listeners) listener(publicOne)
  }
  pubsub.subscribe(CHANNELS.apiKeys, forget)

  // The request does not wait for this. If it fails, the next look-up of the key records the use.
  const noteUse = (id: string, now: number) => {
    if (now - (noted.get(id) ?? 0) < USED_EVERY_MS) return
    noted.set(id, now)
    db.query('UPDATE api_keys SET last_used_at = $2 WHERE id = $1', [id, new Date(now)]).catch((error: unknown) => {
      noted.delete(id)
      log.debug({ err: error, key: id }, 'the last use of an API key was not recorded')
    })
  }

  const lookUp = async (hash: string): Promise<Identity | null> => {
    const before = revocations
    const [row] = await db.query<Pick<ApiKey, 'id' | 'name' | 'role' | 'tenantId' | 'expiresAt' | 'revokedAt'>>(
      `SELECT id, name, role, tenant_id AS "tenantId", expires_at AS "expiresAt", revoked_at AS "revokedAt"
       FROM api_keys WHERE hash = $1`,
      [hash],
      'api_key',
    )
    const now = clock()
    const expiresAt = row?.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY
    let entry: Known = { identity: null, until: now + CACHE_MS }
    if (row && row.revokedAt === null && expiresAt > now) {
      const { name, tenantId } = row
      const identity: Identity = {
        kind: 'API_KEY',
        id: publicId('key', row.id),
        name,
        roles: [row.role],
        tenantId,
        ...(row.expiresAt && { expiresAt: row.expiresAt }),
      }
      entry = { identity, until: Math.min(now + CACHE_MS, expiresAt) }
      noteUse(row.id, now)
    }
    if (revocations !== before) return entry.identity
    // Guessed keys must not fill the memory, so the oldest entries are dropped.
    for (const oldest of identities.keys()) {
      if (identities.size < MAX_CACHED) break
      identities.delete(oldest)
    }
    identities.delete(hash)
    identities.set(hash, entry)
    return entry.identity
  }

  return {
    identify(key) {
      const hash = hashKey(key)
      const entry = identities.get(hash)
      if (entry && entry.until > clock()) return entry.identity
      let answer = asking.get(hash)
      if (!answer) {
        answer = lookUp(hash).finally(() => asking.delete(hash))
        asking.set(hash, answer)
      }
      return answer
    },
    revoked(id) {
      forget(id)
      void pubsub.publish(CHANNELS.apiKeys, id)
    },
    onForgotten(listener) {
      listeners.push(listener)
    },
  }
}

/**
 * Makes sure that an unbound ADMIN key exists. The key in AETHERLINK_ADMIN_KEY becomes one unless it is already stored;
 * if it was revoked, it stays revoked. If that setting is empty and there is no such key yet, creates a key and returns
 * it, to be shown once.
 */
export async function ensureAdminKey({ db, env }: Pick<AppContext, 'db' | 'env'>): Promise<string | null> {
  const configuredKey = env.AETHERLINK_ADMIN_KEY
  const key = configuredKey ?? generateKey()
  return db.transaction(async (client) => {
    // A lock, so that processes that start at the same time create only one key.
    await client.query(`SELECT pg_advisory_xact_lock(hashtext('aetherlink.admin-key'))`)
    if (configuredKey === undefined) {
      const { rowCount } = await client.query(`SELECT FROM api_keys WHERE role = 'ADMIN' AND tenant_id IS NULL LIMIT 1`)
      if (rowCount) return null
    }
    await client.query(
      `INSERT INTO api_keys (id, name, role, prefix, hash) VALUES ($1, 'admin', 'ADMIN', $2, $3) ON CONFLICT (hash) DO NOTHING`,
      [newId(), visiblePrefix(key), hashKey(key)],
    )
    return configuredKey === undefined ? key : null
  })
}

/**
 * If AETHERLINK_SERVICE_KEY is set, makes sure that this key exists. It registers services: an OPERATOR without a
 * tenant. If it was revoked, it stays revoked.
 */
export async function ensureServiceKey({ db, env }: Pick<AppContext, 'db' | 'env'>): Promise<void> {
  const key = env.AETHERLINK_SERVICE_KEY
  if (key === undefined) return
  await db.query(
    `INSERT INTO api_keys (id, name, role, prefix, hash) VALUES ($1, 'services', 'OPERATOR', $2, $3) ON CONFLICT (hash) DO NOTHING`,
    [newId(), visiblePrefix(key), hashKey(key)],
  )
}
