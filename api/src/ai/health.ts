import type { PoolClient } from 'pg'
import type { AppContext } from '../app-context.ts'
import { createBatcher } from '../kit/async/batch.ts'
import { groupBy } from '../kit/group-by.ts'
import { afterCall, type CallOutcome, type ProviderHealth, UNTRIED } from './circuit.ts'
import type { Provider } from './providers/registry.ts'

/**
 * If the outcome of a probe is still missing this long after the timeout of its request, the process of the probe
 * counts as dead. Milliseconds.
 */
const PROBE_MARGIN_MS = 5_000

interface HealthRow {
  name: string
  totalCalls: string
  failedCalls: string
  consecutiveFailures: number
  lastError: string | null
  lastCheckedAt: Date | null
  lastSuccessAt: Date | null
  cooldownUntil: Date | null
  cooldowns: number
  probeUntil: Date | null
  latencies: number[]
}

const COLUMNS = `name, total_calls AS "totalCalls", failed_calls AS "failedCalls", consecutive_failures AS "consecutiveFailures",
  last_error AS "lastError", last_checked_at AS "lastCheckedAt", last_success_at AS "lastSuccessAt",
  cooldown_until AS "cooldownUntil", cooldowns, probe_until AS "probeUntil", latencies`

/**
 * The health of providers, stored in PostgreSQL: all processes of an installation share it, and it survives their
 * restart. A request reads it with one statement, which is short compared with the call of a provider.
 */
export interface HealthStore {
  /** The health of each provider by name. Providers that never got a request are missing. */
  read(): Promise<ReadonlyMap<string, ProviderHealth>>
  /**
   * Claims the probe of a provider whose cooldown is over. Of several concurrent claims exactly one succeeds (true).
   */
  claimProbe(provider: Provider): Promise<boolean>
  record(provider: Provider, outcome: CallOutcome): Promise<void>
}

interface Recorded {
  provider: Provider
  outcome: CallOutcome
}

/** Maximum number of requests that share a statement or transaction. */
const MAX_BATCH = 500

export function createHealthStore({ db, clock }: Pick<AppContext, 'db' | 'clock'>): HealthStore {
  // Concurrent requests share statements. When a provider hangs, many outcomes arrive at once. Each would hold a
  // connection while it waits for the lock on the provider's row, and publishes would have to wait for connections.
  const read = createBatcher<null, ReadonlyMap<string, ProviderHealth>>({
    max: MAX_BATCH,
    lanes: 1,
    async run(readers) {
      const rows = await db.query<HealthRow>(`SELECT ${COLUMNS} FROM ai_provider_health`, [], 'ai_health')
      const health = new Map(rows.map((row) => [row.name, healthOf(row)]))
      return readers.map(() => health)
    },
  })
  const record = createBatcher<Recorded, undefined>({
    max: MAX_BATCH,
    lanes: 1,
    async run(batch) {
      const byName = groupBy(batch, ({ provider }) => provider.name)
      await db.transaction(async (client) => {
        // Rows are locked in the order of their names, so that two processes cannot deadlock.
        for (const name of [...byName.keys()].sort()) await recordOf(client, byName.get(name) ?? [])
      })
      return batch.map(() => undefined)
    },
  })
  return {
    read: () => read(null),
    async claimProbe({ name, timeoutMs }) {
      const now = clock()
      const claimed = await db.query(
        `UPDATE ai_provider_health SET probe_until = $3
         WHERE name = $1 AND cooldown_until <= $2 AND (probe_until IS NULL OR probe_until <= $2) RETURNING name`,
        [name, new Date(now).toISOString(), new Date(now + timeoutMs + PROBE_MARGIN_MS).toISOString()],
      )
      return claimed.length === 1
    },
    record: (provider, outcome) => record({ provider, outcome }),
  }
}

/** Records the outcomes of one provider, oldest first. */
async function recordOf(client: PoolClient, outcomes: readonly Recorded[]): Promise<void> {
  const [first] = outcomes
  if (!first) return
  const { name } = first.provider
  await client.query('INSERT INTO ai_provider_health (name) VALUES ($1) ON CONFLICT DO NOTHING', [name])
  const { rows } = await client.query<HealthRow>(
    `SELECT ${COLUMNS} FROM ai_provider_health WHERE name = $1 FOR UPDATE`,
    [name],
  )
  const next = outcomes.reduce(
    (health, { provider, outcome }) => afterCall(health, outcome, provider.circuit),
    rows[0] ? healthOf(rows[0]) : UNTRIED,
  )
  await client.query(
    `UPDATE ai_provider_health SET total_calls = $2, failed_calls = $3, consecutive_failures = $4, last_error = $5,
       last_checked_at = $6, last_success_at = $7, cooldown_until = $8, cooldowns = $9, probe_until = $10, latencies = $11
     WHERE name = $1`,
    [
      name,
      next.totalCalls,
      next.failedCalls,
      next.consecutiveFailures,
      next.lastError,
      instant(next.lastCheckedAt),
      instant(next.lastSuccessAt),
      instant(next.cooldownUntil),
      next.cooldowns,
      instant(next.probeUntil),
      next.latencies,
    ],
  )
}

const healthOf = ({ name: _name, ...row }: HealthRow): ProviderHealth => ({
  ...row,
  totalCalls: Number(row.totalCalls),
  failedCalls: Number(row.failedCalls),
  lastCheckedAt: row.lastCheckedAt?.getTime() ?? null,
  lastSuccessAt: row.lastSuccessAt?.getTime() ?? null,
  cooldownUntil: row.cooldownUntil?.getTime() ?? null,
  probeUntil: row.probeUntil?.getTime() ?? null,
})

const instant = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())
