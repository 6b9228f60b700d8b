import { hash, randomBytes } from 'node:crypto'
import type { ApiKey } from '../../../prisma/generated/client/client.ts'
import type { AppContext } from '../app-context.ts'
import type { Identity } from '../identity/identity.ts'
import { newId, publicId } from '../kit/ids.ts'
import { CHANNELS } from '../kit/pubsub.ts'

/**
 * API keys: `alk_` and 256 random bits. Only their SHA-256 is stored, which needs no salt and no slow hash for bits that
 * nobody can guess.
 *
 * A key is looked up by its digest, in memory and by an index. How long that takes says how much two digests have in common,
 * and of a digest nobody can choose even the first bytes without trying keys by the million, each for a byte that says nothing
 * of the key behind it: there is nothing that a comparison in constant time would hide.
 */
export const KEY_PREFIX = 'alk_'

export const hashKey = (key: string): string => hash('sha256', key, 'hex')

export const generateKey = (): string => `${KEY_PREFIX}${randomBytes(32).toString('base64url')}`

/** What people may see of a key, to tell it from others. */
export const visiblePrefix = (key: string) => key.slice(0, KEY_PREFIX.length + 4)

/**
 * How long a key that was looked up counts as known. A revocation is announced, and felt at once; where the announcement is
 * lost, it is felt after this.
 */
const CACHE_MS = 10_000
const MAX_CACHED = 10_000
const USED_EVERY_MS = 60_000

export interface ApiKeys {
  /** The identity behind a key, or null when it is unknown, revoked or expired. Throws while the database is away. */
  identify(key: string): Promise<Identity | null> | Identity | null
  /** Forgets what is known of a key (its UUID), here at once and in every other process as soon as it hears of it. */
  revoked(id: string): void
  /** Calls back when what was known of a key (its public id) is forgotten; null: of every key. */
  onForgotten(listener: (id: string | null) => void): void
}

interface Known {
  identity: Identity | null
  until: number
}

/** Looks keys up, each at most once in ten seconds and process; the cache never holds a key, only its hash. */
export function createApiKeys({
  db,
  pubsub,
  clock,
  log,
}: Pick<AppContext, 'db' | 'pubsub' | 'clock' | 'log'>): ApiKeys {
  const known = new Map<string, Known>()
  const asking = new Map<string, Promise<Identity | null>>()
  const noted = new Map<string, number>()
  const listeners: ((id: string | null) => void)[] = []
  // Grows with every revocation: what was read before one and arrives after it is not to be remembered.
  let revocations = 0

  const forget = (id: string | null) => {
    revocations += 1
    const publicOne = id === null ? null : publicId('key', id)
    for (const [hash, { identity }] of known) {
      if (publicOne === null || identity?.id === publicOne) known.delete(hash)
    }
    for (const listener of listeners) listener(publicOne)
  }
  pubsub.subscribe(CHANNELS.apiKeys, forget)

  // Beside the request: when it fails, the next look-up notes it again.
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
    // Guesses must not grow the memory: the oldest entries go, whosever they are.
    for (const oldest of known.keys()) {
      if (known.size < MAX_CACHED) break
      known.delete(oldest)
    }
    known.delete(hash)
    known.set(hash, entry)
    return entry.identity
  }

  return {
    identify(key) {
      const hash = hashKey(key)
      const entry = known.get(hash)
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
      pubsub.publish(CHANNELS.apiKeys, id)
    },
    onForgotten(listener) {
      listeners.push(listener)
    },
  }
}

/**
 * Makes sure that somebody can get in. AETHERLINK_ADMIN_KEY is made an ADMIN key unless it is one or was one: revoking it
 * holds. Without that setting, and where there is no ADMIN key yet, one is made and returned, to be shown this once.
 */
export async function ensureAdminKey({ db, env }: Pick<AppContext, 'db' | 'env'>): Promise<string | null> {
  const given = env.AETHERLINK_ADMIN_KEY
  const key = given ?? generateKey()
  return db.transaction(async (client) => {
    // Processes that start together make one key between them.
    await client.query(`SELECT pg_advisory_xact_lock(hashtext('aetherlink.admin-key'))`)
    if (given === undefined) {
      const { rowCount } = await client.query(`SELECT FROM api_keys WHERE role = 'ADMIN' AND tenant_id IS NULL LIMIT 1`)
      if (rowCount) return null
    }
    await client.query(
      `INSERT INTO api_keys (id, name, role, prefix, hash) VALUES ($1, 'admin', 'ADMIN', $2, $3) ON CONFLICT (hash) DO NOTHING`,
      [newId(), visiblePrefix(key), hashKey(key)],
    )
    return given === undefined ? key : null
  })
}
