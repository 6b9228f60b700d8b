import { setImmediate as nextTurn } from 'node:timers/promises'
import type { PoolClient } from 'pg'
import type { AppContext } from '../app-context.ts'
import { CANONICAL_COLUMNS, canonicalHash, GENESIS } from './canonical.ts'

export interface Verification {
  ok: boolean
  /** The number of intact entries from the beginning. */
  checked: number
  /** UUID of the entry at which the chain breaks: changed, or not the successor of the entry before it. */
  firstBroken: string | null
  /** Hash of the newest entry. If it is later still the hash of an entry, nothing before that entry was changed. */
  head: string
}

/** Entries per read, and entries that are hashed before other requests get their turn. */
const BATCH = 500
const SLICE = 125
/** Entries may be large: a slice also ends after this many characters. */
const SLICE_CHARS = 200_000

interface Head {
  seq: string
  hash: string
  entry_id: string | null
  /** The last entry that retention pruned: what is left follows it. */
  pruned_seq: string
  pruned_hash: string
}

export const WITHOUT_ENTRIES: Verification = { ok: true, checked: 0, firstBroken: null, head: GENESIS }

/**
 * Recomputes a chain and reports where it first breaks: at a changed row; at the row after one that was removed or
 * moved; or, when the newest entries were removed, at the entry that the stored head names. docs/audit.md says what
 * this cannot detect.
 *
 * Reads a snapshot in batches: appends continue meanwhile, and memory does not grow with the chain. Hashes in slices,
 * between which other requests run. `goOn` is called before each slice, and stops the verification by throwing.
 */
export function verifyChain({ db }: Pick<AppContext, 'db'>, chain: string, goOn: () => void): Promise<Verification> {
  return db.transaction(async (client) => {
    await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const heads = await client.query<Head>(
      'SELECT seq, hash, entry_id, pruned_seq, pruned_hash FROM audit_chains WHERE chain = $1',
      [chain],
    )
    const head = heads.rows[0] ?? { seq: '0', hash: GENESIS, entry_id: null, pruned_seq: '0', pruned_hash: GENESIS }
    const first = BigInt(head.pruned_seq)
    let last = { seq: first, hash: head.pruned_hash }
    const broken = (firstBroken: string | null) => ({
      ok: false,
      checked: Number(last.seq - first),
      firstBroken,
      head: head.hash,
    })
    for (let more = true; more; ) {
      goOn()
      const rows = await readBatch(client, chain, last.seq)
      let inSlice = 0
      let chars = 0
      for (const row of rows) {
        if (++inSlice > SLICE || chars > SLICE_CHARS) {
          await nextTurn()
          goOn()
          inSlice = 1
          chars = 0
        }
        const [, seq, previous, id] = row
        const hash = row.pop() ?? ''
        const follows = seq === (last.seq + 1n).toString() && previous === last.hash
        if (!follows || canonicalHash(row) !== hash) return broken(id ?? null)
        last = { seq: last.seq + 1n, hash }
        for (const column of row) chars += column?.length ?? 0
      }
      more = rows.length === BATCH
    }
    if (head.seq !== last.seq.toString() || head.hash !== last.hash) return broken(head.entry_id)
    return { ok: true, checked: Number(last.seq - first), firstBroken: null, head: head.hash }
  })
}

async function readBatch(client: PoolClient, chain: string, after: bigint): Promise<(string | null)[][]> {
  const { rows } = await client.query<(string | null)[]>({
    name: 'audit_verify',
    text: `SELECT ${CANONICAL_COLUMNS}, e.hash FROM audit_entries e WHERE e.chain = $1 AND e.seq > $2 ORDER BY e.seq LIMIT ${BATCH}`,
    values: [chain, after.toString()],
    rowMode: 'array',
  })
  return rows
}
