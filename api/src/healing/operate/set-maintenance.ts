import type { AppContext } from '../../app-context.ts'
import type { Caller } from '../../audit/entry.ts'
import { badInput } from '../../kit/errors.ts'
import { changeTarget } from './change-target.ts'
import type { TargetRow } from './load.ts'

const MAX_DAYS = 30
const DAY_MS = 86_400_000

/**
 * Puts a target into maintenance until a time, at most 30 days ahead: it is not restarted automatically. Null ends the
 * maintenance. A restart in progress continues. Throws BAD_USER_INPUT, NOT_FOUND, FORBIDDEN.
 */
export async function setHealMaintenance(
  core: AppContext,
  caller: Caller,
  id: string,
  until: Date | null,
): Promise<TargetRow> {
  const now = core.clock()
  if (until && until.getTime() <= now)
    throw badInput(
      'until',
      `is ${until.toISOString()}, which is in the past; expected a future time, or null to end it`,
    )
  if (until && until.getTime() > now + MAX_DAYS * DAY_MS)
    throw badInput('until', `is ${until.toISOString()}; expected a time within the next ${MAX_DAYS} days`)
  return changeTarget(core, caller, id, 'healTarget.setMaintenance', (state) => {
    if (until === null) {
      // The next check determines the new state.
      const isOver = state.state === 'MAINTENANCE' && state.maintenanceUntil !== null
      return { ...state, maintenanceUntil: null, ...(isOver && { state: 'STARTING', reason: 'maintenance has ended' }) }
    }
    const named = state.healing ? {} : { state: 'MAINTENANCE' as const, reason: 'in maintenance' }
    return { ...state, maintenanceUntil: until.getTime(), ...named }
  })
}
