import type { PoolClient } from 'pg'
import type { Prisma } from '../../../prisma/generated/client/client.ts'
import type { AppContext } from '../app-context.ts'
import type { AppError } from '../kit/errors.ts'
import { appendEntries, appendEntry, type Caller, type Entry } from './entry.ts'

/** What a change came to, and what its entry says of it. `before` is left out for what is new, `after` for what is gone. */
export interface Change<Result> extends Pick<Entry, 'target' | 'tenantId'>, Partial<Pick<Entry, 'before' | 'after'>> {
  result: Result
}

/** A transaction may wait for a connection and for its chain, behind others' changes. Milliseconds. */
const LIMITS = { maxWait: 10_000, timeout: 20_000 }

/**
 * Makes a change and its audit entry in one transaction, through Prisma: both are there, or neither. What `change` throws rolls
 * it back and is thrown; that it failed is recorded by whoever called (plugin.ts). What others are to be told of the change
 * they are told after this has resolved. `action` is dotted, as the mutation's own `audit` option says it.
 */
export async function audited<Result>(
  { db }: Pick<AppContext, 'db'>,
  caller: Caller,
  action: string,
  change: (tx: Prisma.TransactionClient) => Promise<Change<Result>>,
): Promise<Result> {
  const result = await db.prisma.$transaction(async (tx) => {
    const made = await change(tx)
    await appendEntry(tx, caller, entryOf(action, made))
    return made.result
  }, LIMITS)
  noteRecorded(caller)
  return result
}

/** The same in a transaction of SQL. */
export async function auditedSql<Result>(
  { db }: Pick<AppContext, 'db'>,
  caller: Caller,
  action: string,
  change: (client: PoolClient) => Promise<Change<Result>>,
): Promise<Result> {
  const result = await db.transaction(async (client) => {
    const made = await change(client)
    await appendEntry(client, caller, entryOf(action, made))
    return made.result
  })
  noteRecorded(caller)
  return result
}

/** What became of one of many changes: made on behalf of a caller, or refused. */
export type BatchItem = { caller: Caller; change: Change<undefined>; refused?: never } | { refused: AppError }

/**
 * Many changes and their entries in one transaction of SQL. What is refused has no entry here: whoever called records that
 * (plugin.ts). Chains are locked in order, so that two of these never wait for each other in a circle.
 */
export async function auditedBatch(
  { db }: Pick<AppContext, 'db'>,
  action: string,
  work: (client: PoolClient) => Promise<BatchItem[]>,
): Promise<BatchItem[]> {
  const items = await db.transaction(async (client) => {
    const made = await work(client)
    const entries = made.flatMap((item) => (item.refused ? [] : [{ ...item, entry: entryOf(action, item.change) }]))
    entries.sort((a, b) => (a.entry.tenantId ?? '').localeCompare(b.entry.tenantId ?? ''))
    await appendEntries(client, entries)
    return made
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

/** How many changes of a caller (of one request) were recorded and committed. */
export const recordedOf = (caller: Caller): number => recorded.get(caller) ?? 0

const noteRecorded = (caller: Caller) => recorded.set(caller, recordedOf(caller) + 1)
