import type { AppContext } from '../../app-context.ts'
import type { Caller } from '../../audit/entry.ts'
import { conflict } from '../../kit/errors.ts'
import { publicId } from '../../kit/ids.ts'
import type { AlertRow } from './alert.ts'
import { changeAlert, checkNote } from './change-alert.ts'

/**
 * Acknowledges an alert: its notification is no longer repeated. The alert is resolved as usual. Acknowledging it again
 * changes nothing. Throws NOT_FOUND; CONFLICT for a resolved alert.
 */
export const acknowledgeAlert = (
  core: AppContext,
  caller: Caller,
  id: string,
  note?: string | null,
): Promise<AlertRow> =>
  changeAlert(core, caller, id, checkNote(note), {
    action: 'alert.acknowledge',
    change: 'ACKNOWLEDGED',
    status: 'ACKNOWLEDGED',
    decide({ status }, at) {
      if (status === 'RESOLVED')
        throw conflict(`${publicId('alr', id)} is RESOLVED; only an open alert can be acknowledged`)
      if (status === 'ACKNOWLEDGED') return null
      const { kind, id: actorId, name } = caller.identity
      return {
        acknowledgedAt: at,
        acknowledgedByKind: kind,
        acknowledgedById: actorId,
        acknowledgedByName: name,
      }
    },
  })
