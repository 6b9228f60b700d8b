import { appendEntry, systemCaller } from '../../../audit/entry.ts'
import { uuidFloor } from '../../../kit/ids.ts'
import { lockForDeletion } from '../../policies/lock.ts'
import { cutoffOf, type Policies } from '../../policies/policy.ts'
import type { PruneTask } from '../task.ts'
import { createPace } from './pace.ts'
import { transaction } from './transaction.ts'

const LOCK_TIMEOUT_MS = 200
const TRIES = 20

/**
 * Prunes the oldest entries of each audit chain, except the chains of tenants under legal hold. The chain stores the
 * hash of the last deleted entry, so that the rest can still be verified, and gets an entry with the number of deleted
 * entries. Returns the number of deleted entries in all chains.
 */
export async function pruneAudit(task: PruneTask, policies: Policies): Promise<number> {
  const { client, run, signal } = task
  if (policies.audit === null) return 0
  const before = uuidFloor(cutoffOf(run.startedAt.getTime(), policies.audit).getTime())
  const { rows } = await client.query<{ chain: string }>(
    `SELECT chain FROM audit_chains c WHERE EXISTS (SELECT FROM audit_entries e WHERE e.chain = c.chain AND e.seq = c.pruned_seq + 1
       AND e.seq < c.seq AND e.id < $1::uuid) ORDER BY chain`,
    [before],
  )
  const pace = createPace(client, signal)
  let total = 0
  for (const { chain } of rows) {
    for (let pruned = 1; pruned > 0; ) {
      const started = performance.now()
      pruned = await transaction(client, { signal, lockTimeoutMs: LOCK_TIMEOUT_MS, tries: TRIES }, () =>
        pruneChain(task, chain, before, pace.limit()),
      )
      total += pruned
      await pace.next(performance.now() - started)
    }
  }
  return total
}

async function pruneChain({ client }: PruneTask, chain: string, before: string, limit: number): Promise<number> {
  await lockForDeletion(client)
  const { rows } = await client.query<{ pruned: number }>(
    `SELECT prune_audit_chain($1, $2::uuid, $3) AS pruned
     WHERE NOT EXISTS (SELECT FROM legal_holds WHERE tenant_id = $1)`,
    [chain, before, limit],
  )
  const pruned = rows[0]?.pruned ?? 0
  if (pruned > 0) {
    const tenantId = chain === '' ? null : chain
    await appendEntry(client, systemCaller('retention'), {
      action: 'audit.prune',
      target: null,
      tenantId,
      outcome: 'ALLOWED',
      before: null,
      after: { entries: pruned },
    })
  }
  return pruned
}
