import { randomInt } from 'node:crypto'
import { hostname } from 'node:os'
import type { Pool } from 'pg'
import type { AppContext } from '../../app-context.ts'
import { createPool } from '../../db/pool.ts'

const BEAT_MS = 1_000
/** A worker that has been silent for this long, by the database's clock, is dead: its leases are released. */
const DEAD_AFTER_MS = 4_000
/** A worker that has not been heard for this long, by its own clock, may be taken for dead soon: it sends nothing. */
const STALE_AFTER_MS = 3_000

/**
 * This worker's proof of life in Postgres, and its look at the others. A lease names its worker, so the deliveries of a dead worker are
 * taken over within 5 s instead of when their leases end; see worker_heartbeat() and take_over().
 *
 * The other side of that bargain: a worker that could not prove its life in time (it was stopped, or cut off from Postgres) must not send
 * what it had claimed, because another worker may be sending it. `isFresh` says whether the last proof is recent enough,
 * and `generation` grows with every gap: a delivery that was claimed in an earlier generation is handed back.
 */
export class Heartbeat {
  readonly workerId = randomInt(1, 2 ** 31 - 1)
  generation = 0
  private readonly core: AppContext
  /** A connection of its own: a heartbeat must not wait behind other statements. */
  private readonly pool: Pool
  private readonly onTakeover: (deliveries: number) => void
  private readonly onFresh: () => void
  private provenAt = Number.NEGATIVE_INFINITY
  private timer: NodeJS.Timeout | undefined
  private beating: Promise<void> | undefined

  /**
   * `on.takeover` gets the number of deliveries released from dead workers. `on.fresh`: sending may start, or
   * continue after a gap.
   */
  constructor(core: AppContext, on: { takeover: (deliveries: number) => void; fresh: () => void }) {
    this.core = core
    this.pool = createPool(core.env.DATABASE_URL, { max: 1, log: core.log, application: 'aetherlink-heartbeat' })
    this.onTakeover = on.takeover
    this.onFresh = on.fresh
  }

  get isFresh(): boolean {
    return performance.now() - this.provenAt < STALE_AFTER_MS
  }

  start(): void {
    this.timer = setInterval(() => this.beat(), BEAT_MS)
    this.beat()
  }

  /** Leaves the list of workers. Leases that were not released are released by another worker's next heartbeat. */
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
    // The proof is as old as the moment before its statement, whenever the answer comes.
    const sentAt = performance.now()
    const { rows } = await this.pool.query<{ dead: number[] }>({
      name: 'worker_heartbeat',
      text: 'SELECT worker_heartbeat($1, $2, $3) AS dead',
      values: [this.workerId, `${hostname()}:${process.pid}`, DEAD_AFTER_MS],
    })
    const hadGap = !this.isFresh
    this.provenAt = sentAt
    if (hadGap) {
      this.generation++
      this.onFresh()
    }
    const dead = rows[0]?.dead ?? []
    if (dead.length > 0) await this.takeOver(dead)
  }

  private async takeOver(dead: readonly number[]): Promise<void> {
    const [row] = await this.core.db.query<{ taken: number }>('SELECT take_over($1::int[], $2) AS taken', [
      dead,
      DEAD_AFTER_MS,
    ])
    const taken = row?.taken ?? 0
    if (taken === 0) return
    this.core.log.warn({ deliveries: taken }, "took over a dead worker's deliveries")
    this.onTakeover(taken)
  }
}
