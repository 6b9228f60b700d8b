import type { AppContext } from '../../app-context.ts'
import type { Caller } from '../../audit/entry.ts'
import { conflict } from '../../kit/errors.ts'
import { publicId } from '../../kit/ids.ts'
import { released } from '../decide/decide.ts'
import { changeTarget } from './change-target.ts'
import type { TargetRow } from './load.ts'

/**
 * Releases a target from GIVEN_UP or FLAPPING: it may be restarted automatically again, and its past restarts no longer
 * count. Throws CONFLICT in any other state, NOT_FOUND, FORBIDDEN.
 */
export async function releaseHealTarget(core: AppContext, caller: Caller, id: string): Promise<TargetRow> {
  return changeTarget(core, caller, id, 'healTarget.release', (state) => {
    if (state.state !== 'GIVEN_UP' && state.state !== 'FLAPPING')
      throw conflict(`${publicId('tgt', id)} is ${state.state}; only one that is GIVEN_UP or FLAPPING can be released`)
    return released(state)
  })
}
