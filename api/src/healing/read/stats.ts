import type { AppContext } from '../../app-context.ts'
import { type TimeWindow, windowMs } from '../../graphql/types/enums.ts'
import { uuidFloor } from '../../kit/ids.ts'

export interface HealStats {
  totalAttempts: number
  successful: number
  failed: number
  /** From 0 to 1; 0 if there were no attempts. */
  successRate: number
  /** Number of attempts by container, highest first. */
  services: { name: string; count: number }[]
  mostHealed: string | null
}

export const NO_STATS: HealStats = {
  totalAttempts: 0,
  successful: 0,
  failed: 0,
  successRate: 0,
  services: [],
  mostHealed: null,
}

/** Statistics about attempts, without suppressed restarts. */
export async function healStats(
  { db, clock }: Pick<AppContext, 'db' | 'clock'>,
  window: TimeWindow,
): Promise<HealStats> {
  const spanMs = windowMs(window)
  const rows = await db.query<{ container: string; successful: string; failed: string }>(
    `SELECT container, count(*) FILTER (WHERE outcome = 'SUCCEEDED') AS successful, count(*) FILTER (WHERE outcome = 'FAILED') AS failed
     FROM heal_attempts WHERE outcome IN ('SUCCEEDED', 'FAILED') AND ($1::uuid IS NULL OR id >= $1) GROUP BY 1`,
    [spanMs === null ? null : uuidFloor(clock() - spanMs)],
  )
  const successful = rows.reduce((sum, row) => sum + Number(row.successful), 0)
  const failed = rows.reduce((sum, row) => sum + Number(row.failed), 0)
  const totalAttempts = successful + failed
  const services = rows
    .map((row) => ({ name: row.container, count: Number(row.successful) + Number(row.failed) }))
    .sort((a, b) => b.count - a.count || a.name.localeCompare(b.name))
  return {
    totalAttempts,
    successful,
    failed,
    successRate: totalAttempts === 0 ? 0 : successful / totalAttempts,
    services,
    mostHealed: services[0]?.name ?? null,
  }
}
