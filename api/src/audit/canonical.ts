import { hash } from 'node:crypto'

/**
 * An entry as stored, every column as text, in the order in which the columns are hashed: chain, seq, prev_hash, id,
 * at, actor_kind, actor_id, actor_name, roles, tenant_id, action, target_type, target_id, outcome, before, after,
 * client_ip, request_id. `roles` is an array as PostgreSQL writes it ({ADMIN}), `at` an instant in UTC with
 * milliseconds.
 */
export type CanonicalRow = readonly (string | null)[]

/** The columns of a CanonicalRow in SQL, of `audit_entries e`. */
export const CANONICAL_COLUMNS = `e.chain, e.seq::text, e.prev_hash, e.id::text,
  to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), e.actor_kind::text, e.actor_id, e.actor_name, e.roles::text,
  e.tenant_id, e.action, e.target_type, e.target_id, e.outcome::text, e.before::text, e.after::text, e.client_ip, e.request_id`

/** The `prev_hash` of the first entry. */
export const GENESIS = '0'.repeat(64)

const FORMAT = 'aetherlink.audit.v1'

/**
 * SHA-256, in hex, over the name of the format and the columns, each as a netstring
 * (https://cr.yp.to/proto/netstrings.txt: its length in UTF-8 bytes, `:`, the bytes, `,`), or `-,` for null. So two
 * different rows never hash the same text. append_audit() computes the same in SQL; this function is independent of
 * it, so that neither can hide a fault of the other.
 */
export const canonicalHash = (row: CanonicalRow): string => {
  let text = part(FORMAT)
  for (const column of row) text += part(column)
  return hash('sha256', text)
}

const part = (column: string | null) => (column === null ? '-,' : `${Buffer.byteLength(column)}:${column},`)
