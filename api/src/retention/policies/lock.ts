import type { PoolClient } from 'pg'

const KEY = `hashtext('aetherlink.retention')`

/**
 * The lock between changes of retention (policies, legal holds, restores) and transactions that delete. A change waits
 * for the deletions in progress. A deletion that starts later sees the change. Both kinds of lock end with their
 * transaction.
 */
export async function lockForChange(client: Pick<PoolClient, 'query'>): Promise<void> {
  await client.query(`SELECT pg_advisory_xact_lock(${KEY})`)
}

export async function lockForDeletion(client: Pick<PoolClient, 'query'>): Promise<void> {
  await client.query(`SELECT pg_advisory_xact_lock_shared(${KEY})`)
}

/** Holds the lock for deletions during several transactions of one connection. */
export async function withDeletionLock<T>(client: Pick<PoolClient, 'query'>, work: () => Promise<T>): Promise<T> {
  await client.query(`SELECT pg_advisory_lock_shared(${KEY})`)
  try {
    return await work()
  } finally {
    await client.query(`SELECT pg_advisory_unlock_shared(${KEY})`)
  }
}
