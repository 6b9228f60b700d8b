import type { AppContext } from '../../app-context.ts'
import type { Caller } from '../../audit/entry.ts'
import { conflict } from '../../kit/errors.ts'
import { publicId } from '../../kit/ids.ts'
import type { AlertRow } from './alert.ts'
import { changeAlert, checkNote } from './change-alert.ts'

/**
 * Resolves an alert on behalf of a user. The events that the alert has counted do not count for the next alert. Throws
 * NOT_FOUND; CONFLICT for a resolved alert.
 */
export const resolveAlert = (core: AppContext, caller: Caller, id: string, note?: string | null): Promise<AlertRow> =>
  changeAlert(core, caller, id, checkNote(note), {
    action: 'alert.resolve',
    change: 'RESOLVED',
    status: 'RESOLVED',
    decide({ status }, at) {
      if (status === 'RESOLVED') throw conflict(`${publicId('alr', id)} is already RESOLVED`)
      return { resolvedAt: at, resolvedByHand: true }
    },
    alongside: (tx, { ruleId, groupKey }, at) =>
      tx.alertMatch.deleteMany({ where: { ruleId, groupKey, at: { lte: at } } }),
  })
