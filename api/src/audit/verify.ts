import type { Identity } from '../access/identity.ts'
import { readScope } from '../access/tenants.ts'
import type { Core } from '../kit/core.ts'
import { CANONICAL_COLUMNS, canonicalHash, GENESIS } from './canonical.ts'

export interface Verification {
  ok: boolean
  /** Entries that are as they were written, from the first on. */
  checked: number
  /** UUID of the entry at which the chain breaks: changed itself, or not the successor of the one before. */
  firstBroken: string | null
  /** Hash of the newest entry; the same value later on, or as an ancestor, proves that nothing before it was changed. */
  head: string
}

/** Entries that are read at a time. */
const BATCH = 2_000

interface Head {
  seq: string
  hash: string
  entry_id: string | null
}

/**
 * Computes the chain of a tenant anew (null: the identity's own, else the installation's) and says where it first breaks: a row
 * that was changed, in whatever column; one that was removed or put elsewhere, by naming the one after it; and the newest ones
 * removed, by the head that is kept beside them, naming the newest. Another tenant's chain is to a bound identity one without
 * entries. What it cannot see is said in docs/audit.md.
 *
 * Reads a snapshot in batches: appends go on meanwhile, and memory does not grow with the chain.
 */
export async function verifyChain(
  { db }: Pick<Core, 'db'>,
  identity: Identity,
  tenantId?: string | null,
): Promise<Verification> {
  const scope = readScope(identity, tenantId, 'tenantId')
  if (scope === null) return { ok: true, checked: 0, firstBroken: null, head: GENESIS }
  const chain = scope === 'all' ? '' : scope.tenantId
  return db.transaction(async (client) => {
    await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const heads = await client.query<Head>('SELECT seq, hash, entry_id FROM audit_chains WHERE chain = $1', [chain])
    const head = heads.rows[0] ?? { seq: '0', hash: GENESIS, entry_id: null }
    let last = { seq: 0n, hash: GENESIS }
    const broken = (firstBroken: string | null) => ({
      ok: false,
      checked: Number(last.seq),
      firstBroken,
      head: head.hash,
    })
    for (;;) {
      const { rows } = await client.query<(string | null)[]>({
        name: 'audit_verify',
        text: `SELECT ${CANONICAL_COLUMNS}, e.hash FROM audit_entries e WHERE e.chain = $1 AND e.seq > $2 ORDER BY e.seq LIMIT ${BATCH}`,
        values: [chain, last.seq.toString()],
        rowMode: 'array',
      })
      for (const row of rows) {
        const [, seq, previous, id] = row
        const hash = row.pop() ?? ''
        const follows = seq === (last.seq + 1n).toString() && previous === last.hash
        if (!follows || canonicalHash(row) !== hash) return broken(id ?? null)
        last = { seq: last.seq + 1n, hash }
      }
      if (rows.length < BATCH) break
    }
    if (head.seq !== last.seq.toString() || head.hash !== last.hash) return broken(head.entry_id)
    return { ok: true, checked: Number(last.seq), firstBroken: null, head: head.hash }
  })
}
