import { randomInt } from 'node:crypto'
import type { AppContext } from '../../app-context.ts'
import { ConnectionPool } from '../../db/pool.ts'
import { PROCESS_NAME } from '../../kit/process/process-name.ts'

const BEAT_MS = 1_000
/**
 * A worker that has sent no heartbeat for this long, by the clock of the database, is dead: its leases are released.
 */
const DEAD_AFTER_MS = 4_000
/**
 * A worker sends no requests if its last heartbeat is older than this, by its own clock, because others may soon
 * consider it dead.
 */
const STALE_AFTER_MS = 3_000
const TICK_MS = 250
/**
 * After this many checks without an answer a heartbeat counts as lost. Checks are counted instead of time, because a
 * suspended process cannot read an answer and does not check either.
 */
const LOST_AFTER_TICKS = STALE_AFTER_MS / TICK_MS

interface HeartbeatEvents {
  /** Called with the number of deliveries that were released from dead workers. */
  takeover: (deliveries: number) => void
  /** Called when sending may start, or may continue after a gap. */
  fresh: () => void
  /** Ids of the deliveries that this worker has claimed or is claiming. */
  inHand: () => string[]
}

/**
 * Proves to other workers, with a row in PostgreSQL, that this worker is alive, and detects dead workers. A lease names
 * its worker, so the deliveries of a dead worker are taken over within 5 s instead of at the end of their leases; see
 * worker_heartbeat() and take_over().
 *
 * A worker that could not send a heartbeat in time (because it was suspended or cut off from PostgreSQL) must not send
 * the deliveries that it has claimed, because another worker may be sending them. `isFresh` is whether the last
 * heartbeat is recent enough. `generation` is incremented after every gap; deliveries claimed in an earlier generation
 * are released.
 *
 * If a heartbeat gets no answer at all, the network was interrupted. Statements sent at that time may have taken effect
 * without this worker knowing, for example claims. So the worker closes its connections and continues under a new id.
 * It moves the leases of the deliveries that it holds to the new id and releases all other leases of the former id.
 */
export class Heartbeat {
  workerId = newWorkerId()
  generation = 0
  private readonly core: AppContext
  /** A separate connection, so that a heartbeat never waits for other statements. */
  private readonly pool: ConnectionPool
  private readonly on: HeartbeatEvents
  private provenAt = Number.NEGATIVE_INFINITY
  /** The worker id before an interruption. Set until its leases have been moved or released. */
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

  /** Whether the last heartbeat is too old. False before the first heartbeat. */
  get isStale(): boolean {
    return this.generation > 0 && !this.isFresh
  }

  start(): void {
    this.timer = setInterval(() => this.beat(), BEAT_MS)
    this.beat()
  }

  /**
   * Removes this worker from the list of live workers. The next heartbeat of another worker releases leases that
   * remain.
   */
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
    // The heartbeat is valid from the time it was sent, however late its answer arrives.
    const sentAt = performance.now()
    const { rows } = await this.answered(
      this.pool.query<{ dead: number[] }>({
        name: 'worker_heartbeat',
        text: 'SELECT worker_heartbeat($1, $2, $3) AS dead',
        values: [this.workerId, PROCESS_NAME, DEAD_AFTER_MS],
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
    // After a reconnect the list of dead workers is ignored. If the database did not answer, no worker could send
    // heartbeats, so a missing heartbeat proves nothing.
    if (isReconnected) return
    const dead = rows[0]?.dead ?? []
    if (dead.length > 0) await this.takeOver(dead)
  }

  /**
   * Waits for the answer to a heartbeat. If it does not arrive, the connection is closed, so that the next heartbeat
   * opens a new one.
   */
  private async answered<Answer>(answer: Promise<Answer>): Promise<Answer> {
    let ticks = 0
    const timer = setInterval(() => {
      if (++ticks !== LOST_AFTER_TICKS) return
      // Runs after the event loop has read answers that have already arrived.
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
    // Claims on closed connections are rejected first, so that inHand() no longer contains them.
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
