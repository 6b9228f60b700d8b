import type { ClientBase, Pool } from 'pg'
import type { Prisma } from '../../../prisma/generated/client/client.ts'
import type { AuditOutcome } from '../../../prisma/generated/client/enums.ts'
import { type Identity, system } from '../identity/identity.ts'
import { newId, uuidTime } from '../kit/ids.ts'
import { jsonText, plain } from './redact.ts'

/** The sender of a request, with identity and address. The context of a GraphQL operation is a Caller. */
export interface Caller {
  identity: Identity
  clientIp: string | null
  /** The request's id in the log. */
  requestId: string | null
}

/**
 * The fields of a row that readers of the audit trail may see, named as in the API, without secrets and payloads
 * (redact.ts).
 */
export type AuditSnapshot = Readonly<Record<string, unknown>>

export interface Target {
  type: string
  /** The public id (whk_...). The name, if the object has no id. */
  id: string
}

export interface Entry {
  /** Object and verb, separated by a dot: webhook.create. */
  action: string
  target: Target | null
  /** The tenant of the target, to whose chain the entry belongs. Null: the installation's chain. */
  tenantId: string | null
  outcome: AuditOutcome
  before: AuditSnapshot | null
  /** The state after the change. If the outcome is DENIED or FAILED, the reason. */
  after: AuditSnapshot | null
}

/** Where to run SQL: in a transaction (of pg or Prisma), or on the pool. */
export type Sql = ClientBase | Pool | Prisma.TransactionClient

/** A caller for actions of the system itself, which no user requested. */
export const systemCaller = (name: string): Caller => ({ identity: system(name), clientIp: null, requestId: null })

const APPEND = `SELECT append_audit($1::uuid, $2::timestamptz, $3::"ActorKind", $4, $5, $6::text[]::"Role"[], $7,
  $8, $9, $10, $11::"AuditOutcome", $12::json, $13::json, $14, $15)`

/**
 * Appends an entry to its chain in the transaction `sql`, as its last statement: the chain stays locked until the
 * transaction ends. Must be called only once per transaction. Returns the entry's id. Rejects with the database's
 * error; then the caller must roll the change back.
 */
export async function appendEntry(sql: Sql, caller: Caller, entry: Entry, id: string = newId()): Promise<string> {
  const values = valuesOf(caller, entry, id)
  if ('$executeRawUnsafe' in sql) await sql.$executeRawUnsafe(APPEND, ...values)
  else await sql.query({ name: 'append_audit', text: APPEND, values })
  return id
}

const APPEND_MANY = `SELECT append_audit(e.id, e.at, e.kind, e.actor, e.name, string_to_array(e.roles, ',')::"Role"[], e.tenant,
    e.action, e.target_type, e.target_id, e.outcome, e.before::json, e.after::json, e.ip, e.request)
  FROM unnest($1::uuid[], $2::timestamptz[], $3::"ActorKind"[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::text[], $11::"AuditOutcome"[], $12::text[], $13::text[], $14::text[], $15::text[])
    AS e(id, at, kind, actor, name, roles, tenant, action, target_type, target_id, outcome, before, after, ip, request)`

/**
 * Appends many entries in one statement, because a round trip for each would lock their chains for longer. Chains are
 * locked in a fixed order, so that two calls cannot deadlock. The entries of a chain keep their order.
 */
export async function appendEntries(
  sql: ClientBase | Pool,
  entries: ReadonlyArray<{ caller: Caller; entry: Entry }>,
): Promise<void> {
  if (entries.length === 0) return
  const byChain = entries.toSorted((a, b) => (a.entry.tenantId ?? '').localeCompare(b.entry.tenantId ?? ''))
  const rows = byChain.map(({ caller, entry }) => {
    const values = valuesOf(caller, entry, newId())
    return values.map((value) => (Array.isArray(value) ? value.join(',') : value))
  })
  const columns = rows[0]!.map((_, column) => rows.map((row) => row[column]))
  await sql.query({ name: 'append_audit_many', text: APPEND_MANY, values: columns })
}

const valuesOf = ({ identity, clientIp, requestId }: Caller, entry: Entry, id: string) => [
  id,
  new Date(uuidTime(id)).toISOString(),
  identity.kind,
  plain(identity.id),
  plain(identity.name),
  [...identity.roles],
  entry.tenantId,
  entry.action,
  entry.target?.type ?? null,
  plain(entry.target?.id ?? null),
  entry.outcome,
  jsonText(entry.before),
  jsonText(entry.after),
  plain(clientIp),
  plain(requestId),
]
