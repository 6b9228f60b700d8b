import type { AppContext } from '../../app-context.ts'
import type { PublishInTransaction } from '../../events/publish/publish-in-transaction.ts'
import { newId } from '../../kit/ids.ts'
import { CHANNELS, publishIds } from '../../kit/pubsub.ts'
import { createEndings, type Endings } from '../docker/endings.ts'
import { messageOf } from '../docker/engine.ts'
import { policyOf } from '../policy.ts'
import { type Committed, commitCheck, noteEngineDown } from './commit.ts'
import { conclude } from './conclude.ts'
import type { Lease } from './lease.ts'
import { type CheckKind, type Findings, requestHealthUrls, type SurveyOptions, survey } from './survey.ts'

export interface Inspector {
  /** How containers ended, according to Docker's events. */
  endings: Endings
  /**
   * The part of a check that needs no lease: requests the health URLs. Null if the check is a regular one that another
   * worker has already begun.
   */
  prepare(kind: CheckKind): Promise<Findings | null>
  /** Checks all containers under a lease, and stores and publishes the results; null if nothing was stored. */
  inspect(lease: Lease, kind: CheckKind, findings: Findings): Promise<Committed | null>
}

/** The steps of a check before its restarts: request health URLs; then, under a lease, survey, conclude, commit. */
export function createInspector(
  core: AppContext,
  publishInTransaction: PublishInTransaction,
  options: SurveyOptions,
): Inspector {
  const { env, log, pubsub } = core
  const policy = policyOf(env)
  const endings = createEndings()

  /**
   * Begins a regular check. False if another one has just begun: every worker receives the message for the regular
   * check, but only one may count failed probes.
   */
  const begin = async (): Promise<boolean> => {
    const now = core.clock()
    const earliest = now - (env.AUTOHEAL_INTERVAL_SECONDS * 1_000) / 2
    const rows = await core.db.query(
      'UPDATE healer SET last_check_at = $1 WHERE id = 1 AND (last_check_at IS NULL OR last_check_at <= $2) RETURNING id',
      [new Date(now).toISOString(), new Date(earliest).toISOString()],
    )
    return rows.length === 1
  }

  return {
    endings,
    async prepare(kind) {
      if (kind === 'event') return new Map()
      if (kind === 'interval' && !(await begin())) return null
      try {
        return await requestHealthUrls(core, options, await options.engine.list(), kind)
      } catch (error) {
        log.debug({ reason: messageOf(error) }, 'no health URL was requested')
        return new Map()
      }
    },
    async inspect(lease, kind, findings) {
      const facts = { mode: env.AUTOHEAL_MODE, intervalSeconds: env.AUTOHEAL_INTERVAL_SECONDS }
      const began = performance.now()
      const containers = await options.engine.list().catch(async (error: unknown) => {
        const isNew = await noteEngineDown(core, facts, messageOf(error))
        if (isNew) {
          log.warn({ reason: messageOf(error) }, 'Docker cannot be reached')
          pubsub.publish(CHANNELS.health, '')
        }
        return null
      })
      if (!containers) return null
      const dockerLatencyMs = performance.now() - began
      const surveyed = await survey(core, options, containers, findings)
      const now = core.clock()
      const { causeOf } = endings
      const { conclusions, fleet } = conclude(surveyed, { kind, now, policy, causeOf, newAttemptId: newId })
      const checked = { ...facts, dockerLatencyMs, now: new Date(now) }
      const committed = await commitCheck(core, publishInTransaction, lease, conclusions, fleet, checked)
      if (committed?.isVisible) pubsub.publish(CHANNELS.health, '')
      if (committed) publishIds(pubsub, CHANNELS.healAttempts, committed.endedIds)
      return committed
    },
  }
}
