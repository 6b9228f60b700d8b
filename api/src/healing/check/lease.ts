import type { PoolClient } from 'pg'
import type { AppContext } from '../../app-context.ts'

/**
 * A lease lets one worker at a time decide. Each lease has a higher token than the previous one. A decision is stored
 * only if its token is still the newest. So a worker that wakes after a long pause or a broken connection can do no
 * harm. The database's clock is used, because the workers' clocks may differ.
 */
export interface Lease {
  token: bigint
}

const TTL_MS = 30_000
const RETRY_MS = 50
/** How often a check that waits for the lease is reported in the log. */
const WARN_EVERY_MS = 10_000

export async function acquireLease({ db }: Pick<AppContext, 'db'>, holder: string): Promise<Lease | null> {
  const [row] = await db.query<{ token: string }>(
    `UPDATE healer SET token = token + 1, holder = $1, lease_until = now() + $2 * interval '1 millisecond'
     WHERE id = 1 AND (lease_until IS NULL OR lease_until < now()) RETURNING token`,
    [holder, TTL_MS],
  )
  return row ? { token: BigInt(row.token) } : null
}

/**
 * Waits until this worker has the lease, because the event behind a check must not be lost. Null only at a stop. `kind`
 * names the check in the log.
 */
export async function waitForLease(
  core: Pick<AppContext, 'db' | 'log'>,
  holder: string,
  kind: string,
  isStopping: () => boolean,
): Promise<Lease | null> {
  for (let warnAt = performance.now() + WARN_EVERY_MS; ; ) {
    const lease = await acquireLease(core, holder)
    if (lease || isStopping()) return lease
    if (performance.now() > warnAt) {
      core.log.warn({ kind }, 'the check of another worker lasts long; this check waits for it')
      warnAt = performance.now() + WARN_EVERY_MS
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
  }
}

export async function releaseLease({ db }: Pick<AppContext, 'db'>, { token }: Lease): Promise<void> {
  await db.query('UPDATE healer SET lease_until = NULL WHERE id = 1 AND token = $1', [token.toString()])
}

/** Whether a lease is still the newest. The row is locked, so this stays true until the transaction ends. */
export async function holdsLease(client: PoolClient, { token }: Lease): Promise<boolean> {
  const { rowCount } = await client.query('SELECT FROM healer WHERE id = 1 AND token = $1 FOR SHARE', [
    token.toString(),
  ])
  return rowCount === 1
}
