import type { AppContext } from '../../app-context.ts'
import { type Announcer, announceAttempt, announceEnd, announceState } from '../announce.ts'
import type { Committed } from './commit.ts'
import type { Conclusion } from './conclude.ts'

/** Announces the stored results of a check in their order: first how attempts ended, then what was decided. */
export async function announceConclusions(
  core: AppContext,
  announcer: Announcer,
  { conclusions }: Committed,
): Promise<void> {
  for (const conclusion of conclusions) {
    const { surveyed, decision, advanced } = conclusion
    const service = serviceOf(conclusion)
    const { container } = surveyed.target
    if (advanced.ended) await announceEnded(core, announcer, advanced.ended.attemptId, service)
    if (decision.restart) {
      const { attemptId, trigger, reason, attempt } = decision.restart
      announceAttempt(announcer, { attemptId, service, container, trigger, reason, number: attempt })
    }
    const key = `${surveyed.stored.id}:${surveyed.stored.version}`
    for (const announcement of decision.announcements)
      announceState(announcer, announcement, { service, container, reason: decision.state.reason, key })
  }
}

/** The name of a target in events. */
const serviceOf = ({ surveyed: { target } }: Conclusion): string => target.services[0] ?? target.container

async function announceEnded(
  core: AppContext,
  announcer: Announcer,
  attemptId: string,
  service: string,
): Promise<void> {
  const attempt = await core.db.prisma.healAttempt
    .findUnique({ where: { id: attemptId } })
    .catch((error: unknown) => core.log.warn({ err: error, attemptId }, 'the end of an attempt was not announced'))
  if (!attempt?.outcome) return
  const { container, trigger, reason, number, outcome, message, durationMs } = attempt
  announceEnd(announcer, { attemptId, service, container, trigger, reason, number, outcome, message, durationMs })
}
