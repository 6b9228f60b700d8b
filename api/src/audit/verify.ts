import { setImmediate as nextTurn } from 'node:timers/promises'
import type { PoolClient } from 'pg'
import type { AppContext } from '../app-context.ts'
import { CANONICAL_COLUMNS, canonicalHash, GENESIS } from './canonical.ts'

export interface Verification {
  ok: boolean
  /** The number of intact entries before the first break. */
  checked: number
  /** UUID of the first entry that was changed, or that does not follow the entry before it; null if there is none. */
  firstBroken: string | null
  /** Hash of the newest entry. As long as some entry still has this hash, no earlier entry has been changed. */
  head: string
}

/** Entries per read (BATCH), and entries that are hashed before other requests get their turn (SLICE). */
const BATCH = 500
const SLICE = 125
/** A slice also ends after this many characters, because entries may be large. */
const SLICE_CHARS = 200_000

interface Head {
  seq: string
  hash: string
  entry_id: string | null
  /** The last entry that retention pruned. The remaining chain follows that entry. */
  pruned_seq: string
  pruned_hash: string
}

export const WITHOUT_ENTRIES: Verification = { ok: true, checked: 0, firstBroken: null, head: GENESIS }

/**
 * Recomputes the hashes of a chain and reports the first break. That is a changed row, the row after a removed or moved
 * one, or, if the newest entries were removed, the entry that the stored head names. docs/audit.md says what this
 * cannot detect.
 *
 * Reads one snapshot in batches: appends continue meanwhile, and a long chain needs no more memory. Hashes in slices,
 * so that other requests run in between. `goOn` is called before each slice and may throw to stop the verification.
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
