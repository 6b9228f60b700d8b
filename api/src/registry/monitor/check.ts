import type { AppContext } from '../../app-context.ts'
import { type PublishInTransaction, publishIfValid } from '../../events/publish/publish-in-transaction.ts'
import { createBatcher } from '../../kit/async/batch.ts'
import { SOURCE, type Transition, transitionEvent } from '../announce.ts'
import { recordSamples, subjectOf } from '../health/history.ts'
import { reportedError, statusAt } from '../load.ts'
import type { ProbeResult, Prober } from '../probe/prober.ts'
import { nextProbed, type Thresholds } from './health-state.ts'
import { type Check, claimDue, lockServices, type MonitoredRow, saveChecks } from './store.ts'

/** Maximum number of results in a transaction, and how long the first result waits for others. */
const BATCH = 200
const LINGER_MS = 100

interface Checked {
  claimed: MonitoredRow
  /** Null if the service has no health URL: then only its time to live is checked. */
  result: ProbeResult | null
}

export interface Checker {
  /**
   * Starts the checks of all services that are due, and returns their number. Slow checks continue in the background
   * and do not delay others. Several processes may run this at the same time: each service is claimed by one of them.
   */
  checkDue(): Promise<number>
  /** Resolves when the results of all started checks are stored. */
  idle(): Promise<void>
  /** From now on, no more checks are started. */
  stop(): void
}

export function createChecker(
  core: AppContext,
  { prober, publishInTransaction }: { prober: Prober; publishInTransaction: PublishInTransaction },
): Checker {
  const { PROBE_CONCURRENCY, PROBE_FAILURE_THRESHOLD, PROBE_SUCCESS_THRESHOLD } = core.env
  const thresholds = { failures: PROBE_FAILURE_THRESHOLD, successes: PROBE_SUCCESS_THRESHOLD }
  const inFlight = new Set<Promise<void>>()
  let stopping = false

  const record = createBatcher<Checked, void>({
    max: BATCH,
    lanes: 1,
    lingerMs: LINGER_MS,
    run: async (items) => {
      await recordChecks(core, publishInTransaction, items, thresholds)
      return items.map(() => undefined)
    },
  })

  const check = async (claimed: MonitoredRow) => {
    const result = claimed.health_url === '' ? null : await prober.probe(claimed.health_url)
    await record({ claimed, result })
  }
  const begin = (claimed: MonitoredRow) => {
    const run = check(claimed)
      .catch((error: unknown) =>
        core.log.warn({ err: error, service: claimed.name }, 'a check could not be recorded; the next check retries'),
      )
      .finally(() => inFlight.delete(run))
    inFlight.add(run)
  }

  return {
    async checkDue() {
      let checked = 0
      while (!stopping) {
        if (inFlight.size >= PROBE_CONCURRENCY) await Promise.race(inFlight)
        const take = Math.min(BATCH, PROBE_CONCURRENCY - inFlight.size)
        const due = await claimDue(core, take)
        for (const row of due) begin(row)
        checked += due.length
        if (due.length < take) break
      }
      return checked
    },
    async idle() {
      while (inFlight.size > 0) await Promise.all(inFlight)
    },
    stop() {
      stopping = true
    },
  }
}

/**
 * Applies results to the rows as they are now, because a heartbeat or a registration may have changed them meanwhile.
 * The events of changed statuses are published in the same transaction, because an alert may depend on each of them.
 */
async function recordChecks(
  core: AppContext,
  publishInTransaction: PublishInTransaction,
  items: readonly Checked[],
  thresholds: Thresholds,
): Promise<void> {
  const byId = new Map(items.map((item) => [item.claimed.id, item]))
  const now = new Date(core.clock())
  await publishInTransaction(SOURCE, async (client, publish) => {
    const transitions: Transition[] = []
    const rows = await lockServices(client, [...byId.keys()])
    const checks = rows.map((row) => {
      const { claimed, result } = byId.get(row.id)!
      // If the health URL has changed, the result is that of another URL and does not count.
      const check = checkOf(row, row.health_url === claimed.health_url ? result : null, thresholds, now)
      if (check.status !== row.status) {
        const service = { name: row.name, healthUrl: row.health_url }
        transitions.push({
          service,
          from: row.status,
          to: check.status,
          since: row.status_since,
          at: now,
          error:
            check.error ??
            reportedError({ reportedStatus: row.reported_status, reportedMessage: row.reported_message }),
        })
      }
      return check
    })
    await saveChecks(client, checks)
    await recordSamples(
      { query: async (text, values) => (await client.query(text, values)).rows },
      checks.map(({ id, status, latencyMs }) => ({ subject: subjectOf({ id }), at: now, status, latencyMs })),
    )
    const events = transitions.flatMap((transition) => transitionEvent(transition) ?? [])
    await publishIfValid(core, publish, events)
  })
}

function checkOf(row: MonitoredRow, result: ProbeResult | null, thresholds: Thresholds, now: Date): Check {
  const before = { probedStatus: row.probed_status, pendingStatus: row.pending_status, pendingCount: row.pending_count }
  const probed = result ? nextProbed(before, result.status, thresholds) : before
  const { status, overdue } = statusAt(
    {
      healthUrl: row.health_url,
      probedStatus: probed.probedStatus,
      reportedStatus: row.reported_status,
      lastSeen: row.last_seen,
      ttlSeconds: row.ttl_seconds,
    },
    now,
  )
  const error = overdue ?? result?.error ?? null
  return {
    id: row.id,
    ...probed,
    status,
    error,
    at: now,
    latencyMs: result?.latencyMs ?? null,
    isProbed: result !== null,
  }
}
