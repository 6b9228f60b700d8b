import type { Prisma } from '../../../../prisma/generated/client/client.ts'
import type { AppContext } from '../../app-context.ts'
import { clockShift, databaseNow } from '../../db/database-clock.ts'
import type { Identity } from '../../identity/identity.ts'
import { newId } from '../../kit/ids.ts'

/** The time of the database, read in a Prisma transaction. */
export async function databaseTime(core: AppContext, tx: Prisma.TransactionClient): Promise<Date> {
  const [row] = await tx.$queryRawUnsafe<{ now: Date }[]>(`SELECT ${databaseNow('$1')} AS now`, clockShift(core))
  if (!row) throw new Error('the database did not return its time')
  return row.now
}

/**
 * Locks rules until the end of the transaction, so that they are not evaluated meanwhile. What was read before the lock
 * may be outdated and has to be read again.
 */
export const lockRules = (tx: Prisma.TransactionClient, ruleIds: readonly string[]): Promise<unknown> =>
  tx.$queryRaw`SELECT id FROM alert_rules WHERE id = ANY (${ruleIds}::uuid[]) ORDER BY id FOR NO KEY UPDATE`

/**
 * Counts the notifications that silences suppressed. `silenceIds` has the silence of each one, null if it was not
 * suppressed.
 */
export async function countHeldBack(
  tx: Prisma.TransactionClient,
  silenceIds: readonly (string | null)[],
): Promise<void> {
  const counts = new Map<string, number>()
  for (const id of silenceIds) if (id !== null) counts.set(id, (counts.get(id) ?? 0) + 1)
  // In the order of the ids, so that transactions that count for the same silences do not deadlock.
  for (const [id, count] of [...counts].sort())
    await tx.silence.updateMany({ where: { id }, data: { heldBack: { increment: count } } })
}

/**
 * Resolves the open alerts of a rule that is deleted or disabled, or whose groups change. Runs in the transaction of
 * that change, which has locked the rule against evaluations. Returns the ids of the timeline entries.
 */
export async function resolveOpenAlerts(
  core: AppContext,
  tx: Prisma.TransactionClient,
  ruleId: string,
  { note, actor }: { note: string; actor: Identity },
): Promise<string[]> {
  const alerts = await tx.alert.findMany({ where: { ruleId, status: { not: 'RESOLVED' } } })
  if (alerts.length === 0) return []
  const at = await databaseTime(core, tx)
  await tx.alert.updateMany({
    where: { id: { in: alerts.map(({ id }) => id) } },
    data: { status: 'RESOLVED', resolvedAt: at },
  })
  const transitions = alerts.map(({ id, matched, lastNotifiedAt, silenceId }) => ({
    id: newId(),
    alertId: id,
    ruleId,
    at,
    change: 'RESOLVED' as const,
    status: 'RESOLVED' as const,
    actorKind: actor.kind,
    actorId: actor.id,
    actorName: actor.name,
    note,
    matched,
    notify: lastNotifiedAt !== null && silenceId === null,
    dueAt: at,
  }))
  await tx.alertTransition.createMany({ data: transitions })
  await countHeldBack(
    tx,
    alerts.map(({ silenceId }) => silenceId),
  )
  return transitions.map(({ id }) => id)
}
