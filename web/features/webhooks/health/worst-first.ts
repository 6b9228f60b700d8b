import type { HealthStatus } from '@/lib/graphql.ts'

interface Ranked {
  name: string
  backlog: number
  health: { status: HealthStatus; failed: number; successRate?: number | null }
}

const RANK: Record<HealthStatus, number> = { DOWN: 0, DEGRADED: 1, OK: 2, UNKNOWN: 3 }

/** Sorts webhooks by health (down, degraded, ok, unknown), then by backlog, failures and name. */
export const worstFirst = <Webhook extends Ranked>(webhooks: readonly Webhook[]): Webhook[] =>
  [...webhooks].sort(
    (a, b) =>
      RANK[a.health.status] - RANK[b.health.status] ||
      b.backlog - a.backlog ||
      b.health.failed - a.health.failed ||
      a.name.localeCompare(b.name, 'en'),
  )
