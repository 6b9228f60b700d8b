import type { ClientBase, Pool } from 'pg'
import { databaseNow } from '../../db/database-clock.ts'
import type { SilenceScope } from './match.ts'

/** A silence that is active now. */
export interface ActiveSilence extends SilenceScope {
  id: string
  reason: string
  /** Milliseconds since the epoch. */
  endsAt: number
}

/** The active silences. The one that ends last comes first. */
export async function activeSilences(sql: ClientBase | Pool, clockShift: number): Promise<ActiveSilence[]> {
  const { rows } = await sql.query<ActiveSilence>({
    name: 'active_silences',
    text: `SELECT id, tenant_id AS "tenantId", matchers, reason, (extract(epoch FROM ends_at) * 1000)::float8 AS "endsAt"
      FROM silences WHERE starts_at <= ${databaseNow('$1')} AND ends_at > ${databaseNow('$1')} ORDER BY ends_at DESC, id`,
    values: [clockShift],
  })
  return rows
}
