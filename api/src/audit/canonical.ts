import { hash } from 'node:crypto'

/**
 * A stored entry, every column as text, in the order in which the columns are hashed: chain, seq, prev_hash, id, at,
 * actor_kind, actor_id, actor_name, roles, tenant_id, action, target_type, target_id, outcome, before, after,
 * client_ip, request_id. `roles` is written like a PostgreSQL array ({ADMIN}), `at` in UTC with milliseconds.
 */
export type CanonicalRow = readonly (string | null)[]

/** SQL for the columns of a CanonicalRow. Needs `audit_entries e`. */
export const CANONICAL_COLUMNS = `e.chain, e.seq::text, e.prev_hash, e.id::text,
  to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), e.actor_kind::text, e.actor_id, e.actor_name, e.roles::text,
  e.tenant_id, e.action, e.target_type, e.target_id, e.outcome::text, e.before::text, e.after::text, e.client_ip, e.request_id`

/** The `prev_hash` of a chain's first entry. */
export const GENESIS = '0'.repeat(64)

const FORMAT = 'aetherlink.audit.v1'

/**
 * SHA-256, in hex, of the format's name and the columns. Each is written as a netstring
 * (https://cr.yp.to/proto/netstrings.txt: the length in UTF-8 bytes, `:`, the bytes, `,`), or as `-,` for null. So two
 * different rows never give the same text. append_audit() computes the same hash in SQL. The two functions are written
 * independently, so that an error in either is noticed.
 */
export const canonicalHash = (row: CanonicalRow): string => {
  let text = part(FORMAT)
  for (const column of row) text += part(column)
  return hash('sha256', text)
}

const part = (column: string | null) => (column === null ? '-,' : `${Buffer.byteLength(column)}:${column},`)
