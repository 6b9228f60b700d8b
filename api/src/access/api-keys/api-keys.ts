import { hash, randomBytes } from 'node:crypto'
import type { ApiKey } from '../../../../prisma/generated/client/client.ts'
import type { AppContext } from '../../app-context.ts'
import type { Identity } from '../../identity/identity.ts'
import { newId, publicId } from '../../kit/ids.ts'
import { CHANNELS } from '../../kit/pubsub.ts'

/**
 * API keys: `alk_` and 256 random bits. Only their SHA-256 is stored. Random keys of this length need neither salt
 * nor a slow hash.
 *
 * A key is looked up by its digest, in memory and through an index. The duration of a look-up may reveal how much two
 * digests have in common, but a digest reveals nothing about its key and cannot be chosen without trying millions of
 * keys. So no comparison in constant time is needed.
 */
export const KEY_PREFIX = 'alk_'

export const hashKey = (key: string): string => hash('sha256', key, 'hex')

export const generateKey = (): string => `${KEY_PREFIX}${randomBytes(32).toString('base64url')}`

/** The part of a key that people may see, to tell keys apart. */
export const visiblePrefix = (key: string) => key.slice(0, KEY_PREFIX.length + 4)

/**
 * Lifetime of a cached key. A revocation is announced and takes effect at once; this is the maximum delay if the
 * announcement is lost.
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
  /** Removes a key (its UUID) from the cache, here at once and in every other process when the announcement arrives. */
  revoked(id: string): void
  /** Calls the listener when a key (its public id) leaves the cache; null: when all keys do. */
  onForgotten(listener: (id: string | null) => void): void
}

interface Known {
  identity: Identity | null
  until: number
}

/** Looks keys up, each at most once in ten seconds per process. The cache holds hashes of keys, never keys. */
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
  // Counts revocations: a row that was read before a revocation and arrives after it must not be cached.
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

  // Runs beside the request. If it fails, the next look-up records the use.
  const noteUse = (id: string, now: number) => {
    if (now - (noted.get(id) ?? 0) < USED_EVERY_MS) return
    noted.set(id, now)
    db.query('UPDATE api_keys SET last_used_at = $2 WHERE id = $1', [id, new Date(now)]).catch((error: unknown) => {
      noted.delete(id)
      log.debug({ err: error, key: id }, 'the use of an API key was not noted')
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
    // Guessed keys must not grow the memory: the oldest entries are dropped.
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
 * Makes sure that an ADMIN key exists. The key in AETHERLINK_ADMIN_KEY becomes an ADMIN key unless it exists already;
 * a revoked key stays revoked. Without that setting, and if there is no ADMIN key yet, a new key is made and
 * returned, to be shown this once.
 */
export async function ensureAdminKey({ db, env }: Pick<AppContext, 'db' | 'env'>): Promise<string | null> {
  const configuredKey = env.AETHERLINK_ADMIN_KEY
  const key = configuredKey ?? generateKey()
  return db.transaction(async (client) => {
    // Processes that start at the same time create one key together.
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
 * Makes sure that the key for registering services exists if AETHERLINK_SERVICE_KEY is set: an OPERATOR of the
 * installation. A revoked key stays revoked.
 */
export async function ensureServiceKey({ db, env }: Pick<AppContext, 'db' | 'env'>): Promise<void> {
  const key = env.AETHERLINK_SERVICE_KEY
  if (key === undefined) return
  await db.query(
    `INSERT INTO api_keys (id, name, role, prefix, hash) VALUES ($1, 'services', 'OPERATOR', $2, $3) ON CONFLICT (hash) DO NOTHING`,
    [newId(), visiblePrefix(key), hashKey(key)],
  )
}
