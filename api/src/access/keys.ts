import { hash, randomBytes } from 'node:crypto'
import type { ApiKey } from '../../../prisma/generated/client/client.ts'
import type { Core } from '../kit/core.ts'
import { newId, publicId } from '../kit/ids.ts'
import type { Identity } from './identity.ts'

/**
 * API keys: `alk_` and 256 random bits. Only their SHA-256 is stored, which needs no salt and no slow hash for bits that
 * nobody can guess.
 */
export const KEY_PREFIX = 'alk_'

export const hashKey = (key: string): string => hash('sha256', key, 'hex')

/** What people may see of a key, to tell it from others. */
const visiblePrefix = (key: string) => key.slice(0, KEY_PREFIX.length + 4)

/** How long a key that was looked up counts as known: so long a revocation may take to be felt everywhere. */
const CACHE_MS = 10_000
const MAX_CACHED = 10_000
const USED_EVERY_MS = 60_000

export interface ApiKeys {
  /** The identity behind a key, or null when it is unknown, revoked or expired. Throws while the database is away. */
  identify(key: string): Promise<Identity | null> | Identity | null
}

interface Known {
  identity: Identity | null
  until: number
}

/** Looks keys up, each at most once in ten seconds and process; the cache never holds a key, only its hash. */
export function createApiKeys({ db, clock, log }: Pick<Core, 'db' | 'clock' | 'log'>): ApiKeys {
  const known = new Map<string, Known>()
  const asking = new Map<string, Promise<Identity | null>>()
  const noted = new Map<string, number>()

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
  }
}

/**
 * Makes sure that somebody can get in. AETHERLINK_ADMIN_KEY is made an ADMIN key unless it is one or was one: revoking it
 * holds. Without that setting, and where there is no ADMIN key yet, one is made and returned, to be shown this once.
 */
export async function ensureAdminKey({ db, env }: Pick<Core, 'db' | 'env'>): Promise<string | null> {
  const given = env.AETHERLINK_ADMIN_KEY
  const key = given ?? `${KEY_PREFIX}${randomBytes(32).toString('base64url')}`
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
