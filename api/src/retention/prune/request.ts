import { setTimeout as sleep } from 'node:timers/promises'
import type { AppContext } from '../../app-context.ts'
import type { Caller } from '../../audit/entry.ts'
import { auditedSql } from '../../audit/record.ts'
import { unboundOnly } from '../../identity/tenant-scope.ts'
import { newId, publicId } from '../../kit/ids.ts'
import { dryRun } from './dry-run.ts'
import { type RunListRow, readRun } from './list-runs.ts'
import { PRUNE } from './pruner.ts'

/**
 * A request waits at most this long for its run to finish, and at most SHARE_OF_LIMIT of the operation's time limit.
 */
const WAIT_MS = 20_000
const SHARE_OF_LIMIT = 0.7
const FIRST_LOOK_MS = 20
const LONGEST_LOOK_MS = 500

/**
 * Creates a prune run, which a worker executes, and waits for a while. Returns the run, finished or not. A dry run
 * changes nothing and is always finished. `goOn` throws when the operation has timed out; the run still continues.
 * Throws FORBIDDEN for a bound identity.
 */
export async function requestPrune(
  core: AppContext,
  caller: Caller,
  { isDry, goOn }: { isDry: boolean; goOn: () => void },
): Promise<RunListRow> {
  const { identity } = caller
  unboundOnly(identity)
  const id = newId()
  await auditedSql(core, caller, 'retention.prune', async (client) => {
    await client.query(
      `INSERT INTO prune_runs (id, started_at, dry_run, started_by_kind, started_by_id, started_by_name)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [id, new Date(core.clock()).toISOString(), isDry, identity.kind, identity.id, identity.name],
    )
    if (isDry) await dryRun(core, client, id)
    return {
      result: undefined,
      target: { type: 'pruneRun', id: publicId('prn', id) },
      tenantId: null,
      after: { dryRun: isDry },
    }
  })
  if (!isDry) await finished(core, id, goOn)
  return readRun(core.db.query, id)
}

async function finished(core: AppContext, id: string, goOn: () => void): Promise<void> {
  await core.jobs.add(PRUNE, [{}])
  const deadline = performance.now() + Math.min(WAIT_MS, core.env.OPERATION_TIMEOUT_MS * SHARE_OF_LIMIT)
  for (let pause = FIRST_LOOK_MS; performance.now() < deadline; pause = Math.min(LONGEST_LOOK_MS, pause * 1.5)) {
    goOn()
    const { finishedAt } = await readRun(core.db.query, id)
    if (finishedAt) return
    await sleep(pause)
  }
}
