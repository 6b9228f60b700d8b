import { randomInt } from 'node:crypto'
import { hostname } from 'node:os'
import type { AppContext } from '../../app-context.ts'
import { ConnectionPool } from '../../db/pool.ts'

const BEAT_MS = 1_000
/** A worker that has been silent for this long, by the database's clock, is dead: its leases are released. */
const DEAD_AFTER_MS = 4_000
/** A worker whose last proof of life is older than this, by its own clock, may soon count as dead: it sends nothing. */
const STALE_AFTER_MS = 3_000
const TICK_MS = 250
/**
 * A heartbeat without an answer after this many checks is lost. A time limit would also count time in which the worker
 * was stopped and could not read an answer.
 */
const LOST_AFTER_TICKS = STALE_AFTER_MS / TICK_MS

interface HeartbeatEvents {
  /** Receives the number of deliveries that were released from dead workers. */
  takeover: (deliveries: number) => void
  /** Runs when sending may start, or continue after a gap. */
  fresh: () => void
  /** The deliveries that this worker has claimed, or is claiming. */
  inHand: () => string[]
}

/**
 * This worker's proof of life in Postgres, and its view of the others. A lease names its worker, so the deliveries of a dead worker are
 * taken over within 5 s instead of when their leases end; see worker_heartbeat() and take_over().
 *
 * The other side of that bargain: a worker that could not prove its life in time (it was stopped, or cut off from Postgres) must not send
 * what it had claimed, because another worker may be sending it. `isFresh` says whether the last proof is recent enough,
 * and `generation` grows with every gap: a delivery that was claimed in an earlier generation is handed back.
 *
 * A heartbeat that is never answered shows a network that was interrupted. Statements of that time may have had effects of which
 * this worker never hears, for example claims. It therefore breaks its connections, goes on under a new id, keeps the
 * leases of what it has in hand, and releases the others of its former id.
 */
export class Heartbeat {
  workerId = newWorkerId()
  generation = 0
  private readonly core: AppContext
  /** Its own connection: a heartbeat must not wait behind other statements. */
  private readonly pool: ConnectionPool
  private readonly on: HeartbeatEvents
  private provenAt = Number.NEGATIVE_INFINITY
  /** The id from before an interruption, until its leases are settled. */
  private formerId: number | undefined
  private timer: NodeJS.Timeout | undefined
  private beating: Promise<void> | undefined

  constructor(core: AppContext, on: HeartbeatEvents) {
    this.core = core
    this.pool = new ConnectionPool(core.env.DATABASE_URL, {
      max: 1,
      log: core.log,
      application: 'aetherlink-heartbeat',
    })
    this.on = on
  }

  get isFresh(): boolean {
    return performance.now() - this.provenAt < STALE_AFTER_MS
  }

  /** Whether the last proof is too old; false before the first one. */
  get isStale(): boolean {
    return this.generation > 0 && !this.isFresh
  }

  start(): void {
    this.timer = setInterval(() => this.beat(), BEAT_MS)
    this.beat()
  }

  /** Leaves the list of workers. Another worker's next heartbeat releases the remaining leases. */
  async stop(): Promise<void> {
    if (this.pool.ending) return
    clearInterval(this.timer)
    await this.beating
    await this.pool
      .query("UPDATE workers SET seen_at = '-infinity' WHERE id = $1", [this.workerId])
      .catch((error: unknown) => this.core.log.debug({ err: error }, 'the final heartbeat failed'))
    await this.pool.end()
  }

  private beat(): void {
    this.beating ??= this.prove()
      .catch((error: unknown) => this.core.log.warn({ err: error }, 'a heartbeat failed; the next one follows'))
      .finally(() => {
        this.beating = undefined
      })
  }

  private async prove(): Promise<void> {
    // The proof dates from before its statement, however late the answer is.
    const sentAt = performance.now()
    const { rows } = await this.answered(
      this.pool.query<{ dead: number[] }>({
        name: 'worker_heartbeat',
        text: 'SELECT worker_heartbeat($1, $2, $3) AS dead',
        values: [this.workerId, `${hostname()}:${process.pid}`, DEAD_AFTER_MS],
      }),
    )
    const isReconnected = this.formerId !== undefined
    if (this.formerId !== undefined) await this.reconnect(this.formerId)
    const hadGap = !this.isFresh
    this.provenAt = sentAt
    if (hadGap) {
      this.generation++
      this.on.fresh()
    }
    // A new id may judge at once. But if the database itself was silent, every worker was.
    if (isReconnected) return
    const dead = rows[0]?.dead ?? []
    if (dead.length > 0) await this.takeOver(dead)
  }

  /**
   * The answer to a heartbeat. If it does not come, the connection is broken so that the next heartbeat opens another.
   */
  private async answered<Answer>(answer: Promise<Answer>): Promise<Answer> {
    let ticks = 0
    const timer = setInterval(() => {
      if (++ticks !== LOST_AFTER_TICKS) return
      // The event loop reads answers that have arrived before this check runs.
      setImmediate(() => {
        if (ticks < 0) return
        if (this.formerId === undefined) {
          this.formerId = this.workerId
          this.workerId = newWorkerId()
        }
        this.pool.breakConnections()
      })
    }, TICK_MS)
    try {
      return await answer
    } finally {
      clearInterval(timer)
      ticks = Number.NEGATIVE_INFINITY
    }
  }

  private async reconnect(formerId: number): Promise<void> {
    this.core.log.warn('the network to PostgreSQL was interrupted; all connections are replaced')
    this.core.db.pool.breakConnections()
    // Claims whose connections broke are rejected first: they are no longer held.
    await new Promise((resolve) => setImmediate(resolve))
    const { rowCount } = await this.pool.query(
      `WITH kept AS (UPDATE deliveries SET lease_owner = $2 WHERE id = ANY ($3::uuid[]) AND lease_owner = $1)
       UPDATE deliveries SET lease_until = NULL, lease_owner = NULL, wake_at = db_now()
       WHERE status IN ('PENDING', 'FAILED') AND lease_owner = $1 AND id <> ALL ($3::uuid[])`,
      [formerId, this.workerId, this.on.inHand()],
    )
    await this.pool.query('UPDATE workers SET steady_since = seen_at WHERE id = $1', [this.workerId])
    this.formerId = undefined
    if (rowCount) this.on.takeover(rowCount)
  }

  private async takeOver(dead: readonly number[]): Promise<void> {
    const [row] = await this.core.db.query<{ taken: number }>('SELECT take_over($1::int[], $2) AS taken', [
      dead,
      DEAD_AFTER_MS,
    ])
    const taken = row?.taken ?? 0
    if (taken === 0) return
    this.core.log.warn({ deliveries: taken }, "took over a dead worker's deliveries")
    this.on.takeover(taken)
  }
}

const newWorkerId = () => randomInt(1, 2 ** 31 - 1)
