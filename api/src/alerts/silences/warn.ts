import type { AppContext } from '../../app-context.ts'
import { clockShift, databaseNow } from '../../db/database-clock.ts'
import type { PublishInTransaction, SystemEvent } from '../../events/publish/publish-in-transaction.ts'
import { publicId } from '../../kit/ids.ts'

/** The end of a silence is announced this long before. For a short silence it is announced in the last quarter. */
const WARN_SECONDS = 900

interface EndingSilence {
  id: string
  tenantId: string | null
  reason: string
  matchers: object
  endsAt: Date
  heldBack: number
  firing: number
}

const ENDING = `SELECT s.id, s.tenant_id AS "tenantId", s.reason, s.matchers, s.ends_at AS "endsAt", s.held_back AS "heldBack",
    (SELECT count(*)::int FROM alerts a WHERE a.silence_id = s.id AND a.status <> 'RESOLVED') AS firing
  FROM silences s WHERE s.warned_at IS NULL AND s.starts_at <= ${databaseNow('$1')} AND s.ends_at > ${databaseNow('$1')}
    AND s.ends_at - least(interval '${WARN_SECONDS} seconds', (s.ends_at - s.starts_at) / 4) <= ${databaseNow('$1')}
  ORDER BY s.id LIMIT 100 FOR UPDATE SKIP LOCKED`

/** Publishes one event for each silence that ends soon, so that its users can renew it. */
export async function warnOfEndingSilences(
  core: AppContext,
  publishInTransaction: PublishInTransaction,
): Promise<void> {
  await publishInTransaction('aetherlink', async (client, publish) => {
    const shift = clockShift(core)
    const { rows } = await client.query<EndingSilence>(ENDING, [shift])
    if (rows.length === 0) return
    await client.query(`UPDATE silences SET warned_at = ${databaseNow('$2')} WHERE id = ANY ($1::uuid[])`, [
      rows.map(({ id }) => id),
      shift,
    ])
    await publish(rows.map(warningOf))
  })
}

const warningOf = ({ id, tenantId, reason, matchers, endsAt, heldBack, firing }: EndingSilence): SystemEvent => ({
  type: 'ops.alert.silence_ending',
  source: 'aetherlink',
  severity: 'WARNING',
  subject: publicId('sil', id),
  tenantId,
  payload: { silence: publicId('sil', id), reason, matchers, endsAt: endsAt.toISOString(), heldBack, firing },
  correlationId: publicId('sil', id),
  route: null,
})
