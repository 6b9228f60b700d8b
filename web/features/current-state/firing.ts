import type { AlertRowFragment } from '@/lib/graphql.ts'

/** Number of alerts in `mostSevere`. */
const SHOWN = 5

/** A severity's firing alerts: their number and the newest of them. */
interface FiringOfSeverity {
  total: number
  newest: readonly AlertRowFragment[]
}

export interface Firing {
  total: number
  critical: number
  /** Number of alerts with severity ERROR. */
  errors: number
  /** The most severe firing alerts, and the newest of a severity first. */
  mostSevere: readonly AlertRowFragment[]
}

/** Combines the firing alerts of each severity. */
export function combineFiring(
  bySeverity: Readonly<Record<'critical' | 'error' | 'warning' | 'info', FiringOfSeverity>>,
): Firing {
  const { critical, error, warning, info } = bySeverity
  const ranked = [critical, error, warning, info]
  return {
    total: ranked.reduce((sum, { total }) => sum + total, 0),
    critical: critical.total,
    errors: error.total,
    mostSevere: ranked.flatMap(({ newest }) => newest).slice(0, SHOWN),
  }
}
