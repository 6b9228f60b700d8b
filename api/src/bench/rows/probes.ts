import { percentile } from '../figures.ts'
import type { Row } from '../row.ts'

const SERVICES = 1_000
const SECONDS = 45
const INTERVAL_SECONDS = 15

/** Locks in the order in which the worker locks, which prevents a deadlock with its last results. */
const REMOVE = `WITH locked AS MATERIALIZED (SELECT id FROM services ORDER BY id FOR UPDATE)
  DELETE FROM services s USING locked l WHERE s.id = l.id`
/** Records how long after its due time a probe was claimed, in milliseconds. */
const NOTE_DELAYS = `CREATE TABLE bench_delays (ms FLOAT8 NOT NULL);
  CREATE FUNCTION bench_note_delay() RETURNS TRIGGER LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO bench_delays VALUES (extract(epoch FROM clock_timestamp() - old.next_check_at) * 1000);
    RETURN NULL;
  END $$;
  CREATE TRIGGER bench_note_delay AFTER UPDATE ON services FOR EACH ROW
    WHEN (old.next_check_at <= clock_timestamp() AND new.next_check_at > old.next_check_at) EXECUTE FUNCTION bench_note_delay()`

/**
 * CPU share of one core that a worker needs to probe many services at the default interval, how late the probes are,
 * and how much memory they take.
 */
export const probes: Row = {
  name: 'probes',
  async run(stack, { scale, advance }) {
    const count = Math.max(10, Math.round(SERVICES * scale))
    const seconds = Math.max(INTERVAL_SECONDS, Math.round(SECONDS * scale))
    const idle = await cpuShare(stack, seconds, (part) => advance(0.5 * part))
    await stack.db.query(
      `INSERT INTO services (id, name, url, health_url, status_since, last_seen, next_check_at, updated_at)
       SELECT gen_random_uuid(), 'bench-' || n, $1, $1, now(), now(), now() + n * interval '1 second' * $2 / $3, now()
       FROM generate_series(1, $3::int) AS n`,
      [`${stack.receiverOrigin}/ok`, INTERVAL_SECONDS, count],
    )
    await stack.db.query(NOTE_DELAYS)
    const memory = stack.memory()
    const probing = await cpuShare(stack, seconds, (part) => advance(0.5 + 0.5 * part))
    const { rows } = await stack.db.query<{ checked: string }>(
      `SELECT count(*) AS checked FROM services WHERE status = 'OK' AND last_checked_at IS NOT NULL`,
    )
    const grown = stack.memory() - memory
    const delays = await stack.db.query<{ ms: number }>('SELECT ms FROM bench_delays')
    await stack.db.query(REMOVE)
    // The last probes were due at the very end.
    if (Number(rows[0]!.checked) < 0.9 * count) throw new Error(`${rows[0]!.checked} of ${count} services were probed`)
    return [
      {
        name: 'probes-cpu',
        what: `${count} services probed every ${INTERVAL_SECONDS} s, part of a core`,
        unit: '',
        value: Math.max(0, probing - idle),
        limit: { what: 'the worker without them', value: idle },
        goal: { value: 0.2, atMost: true },
      },
      {
        name: 'probes-delay',
        what: 'from when a probe is due to when it is taken up, p99',
        unit: 'ms',
        value: percentile(
          delays.rows.map(({ ms }) => ms),
          99,
        ),
        limit: null,
        // A tenth of the interval, as its jitter.
        goal: { value: INTERVAL_SECONDS * 100, atMost: true },
      },
      {
        name: 'probes-memory',
        what: 'growth of API and worker meanwhile',
        unit: 'MB',
        value: grown / 2 ** 20,
        limit: null,
        goal: { value: 50, atMost: true },
      },
    ]
  },
}

/** How much of a CPU core the worker uses, measured over some seconds. */
async function cpuShare(
  stack: { workerCpuSeconds(): number },
  seconds: number,
  advance: (part: number) => void,
): Promise<number> {
  const before = stack.workerCpuSeconds()
  const began = performance.now()
  for (let second = 1; second <= seconds; second++) {
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    advance(second / seconds)
  }
  return (stack.workerCpuSeconds() - before) / ((performance.now() - began) / 1_000)
}
