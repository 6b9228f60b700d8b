import type { AppContext } from '../../app-context.ts'
import { newId } from '../../kit/ids.ts'
import { CHANNELS, publishIds } from '../../kit/pubsub.ts'
import { type Announcer, announceStorm } from '../announce.ts'
import { createEndings, type Endings } from '../docker/endings.ts'
import { messageOf } from '../docker/engine.ts'
import { policyOf } from '../policy.ts'
import { announceConclusions } from './announce-check.ts'
import { type Committed, commitCheck, noteEngineDown } from './commit.ts'
import { conclude } from './conclude.ts'
import type { Lease } from './lease.ts'
import { type CheckKind, type SurveyOptions, survey } from './survey.ts'

export interface Inspector {
  /** How containers ended, according to Docker's events. */
  endings: Endings
  /** Checks all containers under a lease and stores the results; null if nothing was stored. */
  inspect(lease: Lease, kind: CheckKind): Promise<Committed | null>
  /** Announces stored results. Resolves when everything is announced. */
  announce(committed: Committed): Promise<unknown>
}

/** The steps of a check before its restarts: list the containers, survey, conclude, commit. */
export function createInspector(core: AppContext, announcer: Announcer, options: SurveyOptions): Inspector {
  const { env, log, pubsub } = core
  const policy = policyOf(env)
  const endings = createEndings()

  /**
   * Two workers may receive the same message for the regular check. The second one must not count failed probes again.
   */
  const isTooSoon = async (): Promise<boolean> => {
    const [row] = await core.db.query<{ last_check_at: Date | null }>('SELECT last_check_at FROM healer WHERE id = 1')
    const last = row?.last_check_at?.getTime()
    return last !== undefined && core.clock() - last < (env.AUTOHEAL_INTERVAL_SECONDS * 1_000) / 2
  }

  return {
    endings,
    async inspect(lease, kind) {
      if (kind === 'interval' && (await isTooSoon())) return null
      const facts = { kind, mode: env.AUTOHEAL_MODE, intervalSeconds: env.AUTOHEAL_INTERVAL_SECONDS }
      const began = performance.now()
      const containers = await options.engine.list().catch(async (error: unknown) => {
        const isNew = await noteEngineDown(core, { ...facts, now: new Date(core.clock()) }, messageOf(error))
        if (isNew) {
          log.warn({ reason: messageOf(error) }, 'Docker cannot be reached')
          pubsub.publish(CHANNELS.health, '')
        }
        return null
      })
      if (!containers) return null
      const dockerLatencyMs = performance.now() - began
      const surveyed = await survey(core, options, containers, kind)
      const now = core.clock()
      const { causeOf } = endings
      const { conclusions, fleet } = conclude(surveyed, { kind, now, policy, causeOf, newAttemptId: newId })
      return commitCheck(core, lease, conclusions, fleet, { ...facts, dockerLatencyMs, now: new Date(now) })
    },
    announce(committed) {
      const { conclusions, endedIds, fleet, isNewStorm, stormSince, isVisible } = committed
      const announced = announceConclusions(core, announcer, committed)
      if (isVisible) pubsub.publish(CHANNELS.health, '')
      publishIds(pubsub, CHANNELS.healAttempts, endedIds)
      if (isNewStorm && stormSince) {
        const down = conclusions.filter(({ decision }) => decision.state.isDown)
        announceStorm(announcer, {
          failing: fleet.failing,
          watched: fleet.watched,
          services: down.map(({ surveyed }) => surveyed.target.container).toSorted(),
          since: stormSince,
        })
      }
      return announced
    },
  }
}
