import type { Prisma } from '../../../../prisma/generated/client/client.ts'
import type { AlertChange, AlertStatus } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import type { Caller } from '../../audit/entry.ts'
import { audited } from '../../audit/record.ts'
import { badInput, notFound } from '../../kit/errors.ts'
import { newId, publicId } from '../../kit/ids.ts'
import { CHANNELS, publishIds } from '../../kit/pubsub.ts'
import { type AlertRow, alertsOf } from './alert.ts'
import { countHeldBack, databaseTime, lockRules } from './resolve-open.ts'

/** A user's action on an alert. */
export interface AlertAction {
  action: string
  change: AlertChange
  status: AlertStatus
  /**
   * The changes of the alert's row, besides those of every action. Null if the action was already done and changes
   * nothing.
   */
  decide(alert: AlertRow, at: Date): Prisma.AlertUpdateInput | null
  /** Further writes in the same transaction. */
  alongside?(tx: Prisma.TransactionClient, alert: AlertRow, at: Date): Promise<unknown>
}

const MAX_NOTE = 1_000

/** Returns the trimmed note, null if it is empty. Throws BAD_USER_INPUT if it is too long or contains NUL. */
export function checkNote(note: string | null | undefined): string | null {
  const text = note?.trim() || null
  if (text !== null && (text.length > MAX_NOTE || text.includes('\0')))
    throw badInput('note', `has ${text.length} characters; expected at most ${MAX_NOTE}, and no NUL`)
  return text
}

/**
 * Changes an alert on behalf of a user, and adds entries to the alert's timeline and to the audit trail. Locks the
 * rule, so that no evaluation changes the alert meanwhile. Throws NOT_FOUND, and the errors of `decide`.
 */
export async function changeAlert(
  core: AppContext,
  caller: Caller,
  id: string,
  note: string | null,
  { action, change, status, decide, alongside }: AlertAction,
): Promise<AlertRow> {
  const { alert, transitionIds } = await audited(core, caller, action, async (tx) => {
    const within = { AND: [{ id }, alertsOf(caller.identity)] }
    const seen = await tx.alert.findFirst({ where: within })
    if (!seen) throw notFound('alert', publicId('alr', id))
    await lockRules(tx, [seen.ruleId])
    const before = await tx.alert.findFirstOrThrow({ where: within })
    const at = await databaseTime(core, tx)
    const data = decide(before, at)
    const after = data ? await tx.alert.update({ where: { id }, data: { ...data, status } }) : before
    const transitionId = newId()
    if (data) {
      await alongside?.(tx, before, at)
      const { kind, id: actorId, name } = caller.identity
      await tx.alertTransition.create({
        data: {
          id: transitionId,
          alertId: id,
          ruleId: before.ruleId,
          at,
          change,
          status,
          actorKind: kind,
          actorId,
          actorName: name,
          note,
          matched: before.matched,
          notify: before.lastNotifiedAt !== null && before.silenceId === null,
          dueAt: at,
        },
      })
      await countHeldBack(tx, [before.silenceId])
    }
    return {
      result: { alert: after, transitionIds: data ? [transitionId] : [] },
      target: { type: 'alert', id: publicId('alr', id) },
      tenantId: before.tenantId,
      before: { status: before.status },
      after: { status: after.status, note },
    }
  })
  publishIds(core.pubsub, CHANNELS.alerts, transitionIds)
  return alert
}
