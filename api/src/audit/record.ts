import type { PoolClient } from 'pg'
import type { Prisma } from '../../../prisma/generated/client/client.ts'
import type { AppContext } from '../app-context.ts'
import type { AppError } from '../kit/errors.ts'
import { appendEntries, appendEntry, type Caller, type Entry } from './entry.ts'
import { recordEntry } from './record-entry.ts'

/**
 * The result of a change, and the content of the change's audit entry. A new object has no `before`, a deleted one no
 * `after`.
 */
export interface Change<Result> extends Pick<Entry, 'target' | 'tenantId'>, Partial<Pick<Entry, 'before' | 'after'>> {
  result: Result
}

/**
 * How long (ms) a transaction may wait for a connection, and how long it may last, including the wait for its chain.
 */
const LIMITS = { maxWait: 10_000, timeout: 20_000 }

/**
 * Makes a change and its audit entry in one Prisma transaction, so that both exist or neither. An error of `change`
 * rolls the transaction back and is thrown; graphql/mutation-audit.ts then records the failure. The caller notifies
 * other processes after this resolves. `action` equals the mutation's `audit` option, such as webhook.create.
 */
export async function audited<Result>(
  { db }: Pick<AppContext, 'db'>,
  caller: Caller,
  action: string,
  change: (tx: Prisma.TransactionClient) => Promise<Change<Result>>,
): Promise<Result> {
  const result = await db.prisma.$transaction(async (tx) => {
    const changed = await change(tx)
    await appendEntry(tx, caller, entryOf(action, changed))
    return changed.result
  }, LIMITS)
  noteRecorded(caller)
  return result
}

/** Does the same as `audited`, in an SQL transaction. */
export async function auditedSql<Result>(
  { db }: Pick<AppContext, 'db'>,
  caller: Caller,
  action: string,
  change: (client: PoolClient) => Promise<Change<Result>>,
): Promise<Result> {
  const result = await db.transaction(async (client) => {
    const changed = await change(client)
    await appendEntry(client, caller, entryOf(action, changed))
    return changed.result
  })
  noteRecorded(caller)
  return result
}

/**
 * Records an act that changes nothing in the database, such as a request to an AI provider, and returns the act's
 * result. No transaction is needed, and concurrent acts share a connection (record-entry.ts).
 */
export async function auditedAct<Result>(
  core: Pick<AppContext, 'db'>,
  caller: Caller,
  action: string,
  act: Change<Result>,
): Promise<Result> {
  await recordEntry(core, caller, entryOf(action, act))
  noteRecorded(caller)
  return act.result
}

/** One of many changes: either made for a caller, or refused with an error. */
export type BatchItem = { caller: Caller; change: Change<undefined>; refused?: never } | { refused: AppError }

/**
 * Makes many changes and their entries in one SQL transaction. This writes no entries for refused changes;
 * graphql/mutation-audit.ts records them.
 */
export async function auditedBatch(
  { db }: Pick<AppContext, 'db'>,
  action: string,
  work: (client: PoolClient) => Promise<BatchItem[]>,
): Promise<BatchItem[]> {
  const items = await db.transaction(async (client) => {
    const batch = await work(client)
    await appendEntries(
      client,
      batch.flatMap((item) => (item.refused ? [] : [{ ...item, entry: entryOf(action, item.change) }])),
    )
    return batch
  })
  for (const item of items) if (!item.refused) noteRecorded(item.caller)
  return items
}

const entryOf = (action: string, { target, tenantId, before = null, after = null }: Change<unknown>): Entry => ({
  action,
  target,
  tenantId,
  outcome: 'ALLOWED',
  before,
  after,
})

const recorded = new WeakMap<Caller, number>()

/** How many changes of this caller, that is of one request, have been recorded and committed. */
export const recordedOf = (caller: Caller): number => recorded.get(caller) ?? 0

const noteRecorded = (caller: Caller) => recorded.set(caller, recordedOf(caller) + 1)
