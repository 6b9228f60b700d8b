import type { AppContext } from '../../app-context.ts'
import type { Caller } from '../../audit/entry.ts'
import { audited } from '../../audit/record.ts'
import { conflict, notFound } from '../../kit/errors.ts'
import { publicId } from '../../kit/ids.ts'
import { databaseTime } from '../lifecycle/resolve-open.ts'
import { type SilenceRow, silenceSnapshot } from './create-silence.ts'
import { silencesOf } from './list-silences.ts'

/**
 * Ends a silence now. Alerts that still fire notify again. Throws NOT_FOUND; CONFLICT for a silence that has already
 * ended.
 */
export const expireSilence = (core: AppContext, caller: Caller, id: string): Promise<SilenceRow> =>
  audited(core, caller, 'silence.expire', async (tx) => {
    await tx.$queryRaw`SELECT id FROM silences WHERE id = ${id}::uuid FOR UPDATE`
    const before = await tx.silence.findFirst({ where: { AND: [{ id }, silencesOf(caller.identity)] } })
    if (!before) throw notFound('silence', publicId('sil', id))
    const now = await databaseTime(core, tx)
    if (before.endsAt <= now) throw conflict(`${publicId('sil', id)} ended at ${before.endsAt.toISOString()}`)
    const startsAt = before.startsAt < now ? before.startsAt : now
    const after = await tx.silence.update({ where: { id }, data: { endsAt: now, startsAt } })
    return {
      result: after,
      target: { type: 'silence', id: publicId('sil', id) },
      tenantId: before.tenantId,
      before: silenceSnapshot(before),
      after: silenceSnapshot(after),
    }
  })
