import type { AppContext } from '../../app-context.ts'
import type { Caller } from '../../audit/entry.ts'
import { audited } from '../../audit/record.ts'
import { installationOnly } from '../../identity/tenant-scope.ts'
import { AppError, conflict, notFound } from '../../kit/errors.ts'
import { newId, publicId } from '../../kit/ids.ts'
import { CHANNELS } from '../../kit/pubsub.ts'
import { readHealer } from '../read/healer.ts'
import { type AttemptRow, shown } from './load.ts'

const POLL_MS = 200
/** If no worker has accepted a request after this time, it is withdrawn. */
const TAKEN_UP_MS = 10_000
/** The part of an operation's time limit that is reserved for the response. */
const MARGIN_MS = 2_000

/**
 * Restarts a target at a user's request: immediately, in any state, and despite back-off, maximum, storm brake and
 * maintenance. A worker makes the restart; this function waits for the result.
 *
 * Throws NOT_FOUND, FORBIDDEN, and CONFLICT when the target is already being restarted. Throws UNAVAILABLE when Docker
 * cannot be reached, or when no worker takes up the request, which is then withdrawn. Also throws UNAVAILABLE when the
 * operation's time limit ends first: the attempt continues, and `extensions.attemptId` names it.
 */
export async function healNow(core: AppContext, caller: Caller, targetId: string): Promise<AttemptRow> {
  installationOnly(caller.identity, 'heal targets')
  const { docker } = await readHealer(core)
  if (docker.status !== 'OK')
    throw new AppError('UNAVAILABLE', `no worker can reach Docker: ${docker.message ?? docker.status}`)
  const id = await request(core, caller, targetId)
  core.pubsub.publish(CHANNELS.healRequests, targetId)
  return waitForEnd(core, id)
}

async function request(core: AppContext, caller: Caller, targetId: string): Promise<string> {
  const id = newId()
  return audited(core, caller, 'healTarget.heal', async (tx) => {
    // Serialises concurrent requests, so that the second one finds the attempt of the first.
    await tx.$queryRaw`SELECT id FROM heal_targets WHERE id = ${targetId}::uuid FOR UPDATE`
    const target = await tx.healTarget.findUnique({ where: { id: targetId } })
    if (!target) throw notFound('heal target', publicId('tgt', targetId))
    if (await tx.healAttempt.findFirst({ where: { targetId, outcome: null } }))
      throw conflict(`${target.container} is already being restarted`)
    await tx.healAttempt.create({
      data: {
        id,
        targetId,
        container: target.container,
        action: 'restart',
        trigger: 'manual',
        reason: `requested by ${caller.identity.name ?? caller.identity.id}`,
        startedAt: new Date(core.clock()),
        requestedByKind: caller.identity.kind,
        requestedById: caller.identity.id,
      },
    })
    const about = { type: 'healTarget', id: publicId('tgt', targetId) }
    return {
      result: id,
      target: about,
      tenantId: null,
      before: shown(target),
      after: { ...shown(target), attempt: publicId('heal', id) },
    }
  })
}

async function waitForEnd(core: AppContext, id: string): Promise<AttemptRow> {
  const began = performance.now()
  const limitMs = core.env.OPERATION_TIMEOUT_MS - MARGIN_MS
  for (;;) {
    const attempt = await core.db.prisma.healAttempt.findUnique({ where: { id } })
    if (!attempt) throw notFound('heal attempt', publicId('heal', id))
    if (attempt.outcome !== null) return attempt
    const waited = performance.now() - began
    if (attempt.token === 0n && waited > Math.min(TAKEN_UP_MS, limitMs)) await withdraw(core, id)
    else if (waited > limitMs)
      throw new AppError(
        'UNAVAILABLE',
        `${attempt.container} is still being restarted; its history will show the outcome`,
        {
          attemptId: publicId('heal', id),
        },
      )
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

async function withdraw(core: AppContext, id: string): Promise<void> {
  const now = new Date(core.clock())
  const { count } = await core.db.prisma.healAttempt.updateMany({
    where: { id, outcome: null, token: 0n },
    data: {
      outcome: 'SUPPRESSED',
      message: 'withdrawn: no worker accepted it in time',
      finishedAt: now,
      durationMs: 0,
    },
  })
  if (count > 0)
    throw new AppError(
      'UNAVAILABLE',
      'no worker accepted the request in time, so it was withdrawn; is a worker with access to Docker running?',
    )
}
