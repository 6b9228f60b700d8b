import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { WebhookKind } from '../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../app-context.ts'

/** The properties of an attempt that the metrics use. */
export interface ObservedAttempt {
  kind: WebhookKind
  /** The status of the delivery after the attempt. */
  status: string
  errorKind: string | null
  durationMs: number
  /**
   * Time from the acceptance of the event (or of the replay) to the start of the first attempt. Null for retries and
   * probes. Also null for webhooks that were failing, because their deliveries wait on purpose.
   */
  firstAttemptDelayMs: number | null
}

export type OnAttempt = (attempt: ObservedAttempt) => void

/** The service level objective compares with 1 s (ops/prometheus/slo.yml), so one bucket must end there. */
const DELAY_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]
const ATTEMPT_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60]

/** Counts and times the attempts of a worker. */
export function observeAttempts(registry: Registry): OnAttempt {
  const attempts = new Counter({
    name: 'aetherlink_delivery_attempts_total',
    help: 'Attempts to deliver, by kind of webhook, state of the delivery after the attempt, and kind of error ("none" for a success)',
    labelNames: ['kind', 'status', 'error'],
    registers: [registry],
  })
  const duration = new Histogram({
    name: 'aetherlink_delivery_attempt_seconds',
    help: 'Response time of receivers, by kind of webhook',
    labelNames: ['kind'],
    buckets: ATTEMPT_BUCKETS,
    registers: [registry],
  })
  const delay = new Histogram({
    name: 'aetherlink_delivery_first_attempt_delay_seconds',
    help: 'Time from the acceptance of an event to the first attempt to deliver it, for webhooks that were not failing',
    buckets: DELAY_BUCKETS,
    registers: [registry],
  })
  return ({ kind, status, errorKind, durationMs, firstAttemptDelayMs }) => {
    attempts.inc({ kind, status, error: errorKind ?? 'none' })
    duration.observe({ kind }, durationMs / 1_000)
    if (firstAttemptDelayMs !== null) delay.observe(Math.max(0, firstAttemptDelayMs) / 1_000)
  }
}

// This query uses the index on wake_at. A delivery without wake_at is parked in the backlog of its webhook, so it is
// not waiting for a worker.
const OLDEST_DUE = `SELECT coalesce(extract(epoch FROM db_now() - (
    SELECT wake_at FROM deliveries WHERE wake_at <= db_now() AND (lease_until IS NULL OR lease_until < db_now()) ORDER BY wake_at LIMIT 1
  )), 0)::float8 AS seconds`

/**
 * Reports how long the oldest due delivery has waited for a worker. The value is read from the database at each scrape.
 * While the database is unavailable there is no sample.
 */
export function observeDueDeliveries(registry: Registry, { db, log }: Pick<AppContext, 'db' | 'log'>): void {
  new Gauge({
    name: 'aetherlink_deliveries_oldest_due_seconds',
    help: 'Time for which the oldest due delivery has waited for a worker to claim it; 0 if there is none',
    registers: [registry],
    async collect() {
      try {
        const [row] = await db.query<{ seconds: number }>(OLDEST_DUE, [], 'oldest_due')
        this.set(row?.seconds ?? 0)
      } catch (error) {
        // reset() would report 0 instead of no sample.
        this.remove({})
        log.debug({ err: error }, 'no age of due deliveries: PostgreSQL is unavailable')
      }
    },
  })
}
