import type { AppContext } from '../../app-context.ts'
import { cancelDeliveriesOfDeletedWebhooks } from '../../webhooks/delete.ts'
import { deliveriesChanged } from '../live/changes.ts'
import type { Bell, Rung } from './bell.ts'
import { cancelExpired } from './cancel-expired.ts'
import type { Ticket } from './claim.ts'
import type { DeliveryEngine } from './engine.ts'

/** Maximum number of deliveries per statement. It is repeated until none is left. */
const TAKE = 1_000
/**
 * After the sweep has rung the bell for a delivery, it checks the delivery again after this multiple of
 * HANDOFF_GRACE_MS.
 */
const AGAIN_AFTER_GRACES = 3
/** How often lanes without an owner are opened and old deliveries are cancelled, as multiples of the sweep interval. */
const ORPHANS_EVERY = 5
const EXPIRE_EVERY = 60

/**
 * The sweep guarantees that no delivery is lost. It finds every due delivery that no worker processes: retries,
 * deliveries whose Redis message was lost, and claims of workers that died. It also opens lanes without an owner,
 * probes open circuits, and cancels deliveries that are too old. It needs only PostgreSQL: without Redis every worker
 * adds due deliveries to its own lanes.
 */
export class Sweep {
  private readonly core: AppContext
  private readonly engine: DeliveryEngine
  private readonly bell: Bell
  private readonly onRecovered: (deliveries: number) => void
  private readonly stops: (() => Promise<void>)[] = []

  /** `onRecovered` is called with the number of deliveries that had never reached a worker. */
  constructor(core: AppContext, engine: DeliveryEngine, bell: Bell, onRecovered: (deliveries: number) => void) {
    this.core = core
    this.engine = engine
    this.bell = bell
    this.onRecovered = onRecovered
  }

  start(): void {
    const { jobs, env } = this.core
    const onEveryWorker = { onEveryWorker: true }
    this.stops.push(
      jobs.every('deliveries.due', env.SWEEP_INTERVAL_MS, () => this.due(), onEveryWorker),
      jobs.every('deliveries.probes', env.SWEEP_INTERVAL_MS, () => this.probes(), onEveryWorker),
      jobs.every('deliveries.flush-check', env.SWEEP_INTERVAL_MS, () => this.afterFlush(), onEveryWorker),
      jobs.every(
        'deliveries.orphans',
        ORPHANS_EVERY * env.SWEEP_INTERVAL_MS,
        () => this.engine.openLanesWithBacklog(),
        onEveryWorker,
      ),
      jobs.every('deliveries.expire', EXPIRE_EVERY * env.SWEEP_INTERVAL_MS, () => this.expire()),
      jobs.every('deliveries.expired', env.SWEEP_INTERVAL_MS, () => cancelExpired(this.core)),
      jobs.every('deliveries.of-deleted-webhooks', EXPIRE_EVERY * env.SWEEP_INTERVAL_MS, () =>
        cancelDeliveriesOfDeletedWebhooks(this.core),
      ),
    )
  }

  async stop(): Promise<void> {
    await Promise.all(this.stops.splice(0).map((stop) => stop()))
  }

  /** Runs every task once. */
  async once(): Promise<void> {
    await this.due()
    await this.probes()
    await this.engine.openLanesWithBacklog()
    await this.expire()
    await cancelExpired(this.core)
    await cancelDeliveriesOfDeletedWebhooks(this.core)
  }

  /**
   * Finds deliveries whose wake-up time has come. Adds them to the lanes of this worker, or rings the bell if another
   * worker may have the lane.
   */
  async due(): Promise<void> {
    const { db, env, jobs } = this.core
    for (;;) {
      const rows = await db.query<{ id: string; attempt_count: number; webhook_id: string }>(
        'SELECT * FROM take_due($1, $2)',
        [AGAIN_AFTER_GRACES * env.HANDOFF_GRACE_MS, TAKE],
        'take_due',
      )
      const elsewhere: Rung[] = []
      const here = new Map<string, Ticket[]>()
      for (const { id, attempt_count: attempts, webhook_id: webhookId } of rows) {
        if (jobs.isReady() && !this.engine.hasLane(webhookId)) {
          elsewhere.push([id, attempts, webhookId])
          continue
        }
        const tickets = here.get(webhookId)
        if (tickets) tickets.push({ id, attempts })
        else here.set(webhookId, [{ id, attempts }])
      }
      let recovered = 0
      for (const [webhookId, tickets] of here) {
        const unknown = this.engine.takeOver(webhookId, tickets)
        // Retries always come through the sweep. A first attempt is announced by the bell, so its message must have
        // been lost.
        recovered += unknown.filter(({ attempts }) => attempts === 0).length
      }
      if (recovered > 0) this.onRecovered(recovered)
      await this.bell.ring(elsewhere)
      if (rows.length < TAKE) return
    }
  }

  /** Sends the probes of open circuits. */
  private async probes(): Promise<void> {
    const rows = await this.core.db.query<{ id: string }>(
      `SELECT w.id FROM webhooks w
       WHERE w.circuit <> 'CLOSED' AND w.state = 'ENABLED' AND w.deleted_at IS NULL
         AND (w.circuit_probe_at IS NULL OR w.circuit_probe_at <= db_now())
         AND EXISTS (SELECT 1 FROM deliveries d WHERE d.webhook_id = w.id AND d.status IN ('PENDING', 'FAILED') AND d.next_attempt_at <= db_now())`,
      [],
      'sweep_probes',
    )
    for (const { id } of rows) await this.engine.probe(id)
  }

  /**
   * Sets a mark in Redis. If the mark did not exist, Redis has lost its data including the jobs of all lanes, so the
   * jobs are added again.
   */
  private async afterFlush(): Promise<void> {
    const { jobs, redis, env } = this.core
    if (!jobs.isReady() || redis.status !== 'ready') return
    const isNew = await redis.set(`${env.REDIS_PREFIX}:lanes-known`, '1', 'NX')
    if (isNew) await this.engine.openLanesWithBacklog()
  }

  private async expire(): Promise<void> {
    const rows = await this.core.db.query<{ id: string }>(
      `UPDATE deliveries SET status = 'CANCELLED', completed_at = db_now(), next_attempt_at = NULL, wake_at = NULL, hold_reason = NULL,
         last_error = coalesce(last_error || '; ', '') || 'given up: still open after its time to live'
       WHERE status IN ('PENDING', 'FAILED') AND id < uuid7_floor(db_now() - make_interval(secs => $1))
         AND (lease_until IS NULL OR lease_until < db_now()) RETURNING id`,
      [this.core.env.DELIVERY_TTL_HOURS * 3_600],
    )
    if (rows.length === 0) return
    this.core.log.warn({ deliveries: rows.length }, 'deliveries cancelled after their time to live')
    deliveriesChanged(
      this.core.pubsub,
      rows.map(({ id }) => id),
    )
  }
}
