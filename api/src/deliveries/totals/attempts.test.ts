import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../../test/harness.ts'
import { snapshot } from '../../db/snapshot.ts'
import { newId, uuidFloor } from '../../kit/ids.ts'
import { countAttempts } from './attempts.ts'
import { latencyQuantile } from './latency.ts'
import { pruneAttemptTotals, updateAttemptTotals } from './update-attempts.ts'

const HOUR = 3_600_000
const NOW = Date.now()
const WEBHOOKS = [newId(), newId()]
const ERRORS = [null, { kind: 'HTTP_5XX', code: 503 }, { kind: 'CONNECT', code: null }] as const

let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ clock: () => NOW })
})
afterAll(() => app.stop())

interface Attempt {
  age: number
  webhook: number
  error: number
  ms: number
}

const insert = (attempts: readonly Attempt[]) =>
  app.sql(
    `INSERT INTO delivery_attempts (id, delivery_id, webhook_id, number, started_at, duration_ms, status_code, error_kind, request_headers)
     SELECT x.id, x.delivery, x.webhook, 1, x.at, x.ms, x.code, x.kind::"ErrorKind", '{}'
     FROM json_to_recordset($1) AS x(id uuid, delivery uuid, webhook uuid, at timestamptz, ms float8, code int, kind text)`,
    [
      JSON.stringify(
        attempts.map(({ age, webhook, error, ms }) => ({
          id: `${uuidFloor(NOW - age).slice(0, 14)}7${newId().slice(15)}`,
          delivery: newId(),
          webhook: WEBHOOKS[webhook],
          at: new Date(NOW - age),
          ms,
          code: ERRORS[error]?.code ?? null,
          kind: ERRORS[error]?.kind ?? null,
        })),
      ),
    ],
  )

async function total(): Promise<void> {
  while (await updateAttemptTotals(app.core, async () => {}));
}

const age = fc.oneof(fc.integer({ min: 0, max: 50 * HOUR }), fc.integer({ min: 0, max: 60_000 }))
const attempts = fc.array(
  fc.record({ age, webhook: fc.nat(1), error: fc.nat(2), ms: fc.double({ min: 0.01, max: 90_000, noNaN: true }) }),
  { maxLength: 25 },
)

test('attempt counts agree with the rows for any state of the totals, also for attempts that are stored late', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(attempts, { minLength: 1, maxLength: 4 }),
      fc.uniqueArray(age, { minLength: 2, maxLength: 6 }),
      async (rounds, bounds) => {
        await app.sql('DELETE FROM delivery_attempts')
        await app.sql('DELETE FROM attempt_notes')
        await app.sql('SELECT recount_totals()')
        for (const round of rounds) {
          await insert(round)
          await Promise.all([total(), total()])
          await pruneAttemptTotals(app.core)
        }
        const edges = bounds.map((bound) => NOW - bound).sort((a, b) => a - b)
        const counts = await snapshot(app.core, (read) => countAttempts(read, WEBHOOKS, edges, NOW))
        const all = rounds.flat()
        for (const [bucket, from] of edges.slice(0, -1).entries()) {
          for (const webhook of [0, 1]) {
            for (const error of [0, 1, 2]) {
              const kind = ERRORS[error]?.kind ?? null
              const counted = counts
                .filter((row) => row.webhookId === WEBHOOKS[webhook] && row.bucket === bucket && row.errorKind === kind)
                .reduce((sum, { count }) => sum + count, 0)
              const expected = all.filter(
                (attempt) =>
                  attempt.webhook === webhook &&
                  attempt.error === error &&
                  NOW - attempt.age >= from &&
                  NOW - attempt.age < edges[bucket + 1]!,
              )
              expect(counted).toBe(expected.length)
            }
          }
        }
      },
    ),
    { numRuns: 25 },
  )
}, 120_000)

test('quantiles are at most 9 % off', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.double({ min: 0.2, max: 90_000, noNaN: true }), { minLength: 1, maxLength: 40 }),
      fc.constantFrom(0.5, 0.95),
      async (latencies, quantile) => {
        const rows = await app.sql<{ bucket: number; n: number }>(
          'SELECT latency_bucket(ms) AS bucket, count(*)::int AS n FROM unnest($1::float8[]) AS ms GROUP BY 1',
          [latencies],
        )
        const found = latencyQuantile(new Map(rows.map(({ bucket, n }) => [bucket, n])), quantile)
        const sorted = latencies.toSorted((a, b) => a - b)
        const exact = sorted[Math.ceil(quantile * sorted.length) - 1]!
        expect(found! / exact).toBeGreaterThan(0.91)
        expect(found! / exact).toBeLessThan(1.1)
      },
    ),
    { numRuns: 30 },
  )
})
