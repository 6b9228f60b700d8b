import type { AppContext } from '../../app-context.ts'
import { pruneIdempotencyKeys } from '../../events/idempotency/prune-keys.ts'
import { uuidFloor } from '../../kit/ids.ts'
import { cancelDeliveriesOfDeletedWebhooks } from '../../webhooks/delete.ts'
import { deliveriesChanged } from '../live/changes.ts'
import { claimProbe, type Ticket } from './claim.ts'
import type { Engine } from './engine.ts'

/**
 * What keeps the promise that nothing is lost: it finds every delivery that is due and in nobody's hands (retries, jobs that
 * Redis lost, claims of a worker that died), probes open circuits, drains what is parked, and ends what is too old. It needs
 * nothing but Postgres. Every worker sweeps; rows that one takes, the others skip.
 */
export interface Sweep {
  start(): void
  stop(): Promise<void>
  /** One round, all parts of it. */
  once(): Promise<void>
}

/** Due deliveries taken at once; there are as many rounds as it takes. */
const TAKE = 1_000
/** How long what was taken is this worker's before another sweep may take it over: it comes by the thousand. */
const TAKEN_FOR_GRACES = 3
/** In ticks: the backlog of a webhook is normally drained by the message that it can go on; this is for when that is lost. */
const PARKED_EVERY = 5
const EXPIRE_EVERY = 60

export function createSweep(core: AppContext, engine: Engine): Sweep {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let ticks = 0

  const due = async () => {
    for (;;) {
      const now = core.clock()
      const rows = await core.db.query<{ id: string; attempt_count: number; webhook_id: string }>(
        'SELECT * FROM take_due($1, $2, $3)',
        [new Date(now).toISOString(), new Date(now + TAKEN_FOR_GRACES * core.env.HANDOFF_GRACE_MS).toISOString(), TAKE],
        'take_due',
      )
      const byWebhook = new Map<string, Ticket[]>()
      for (const row of rows) {
        const list = byWebhook.get(row.webhook_id) ?? []
        byWebhook.set(row.webhook_id, list)
        list.push({ id: row.id, attempts: row.attempt_count })
      }
      for (const [webhookId, tickets] of byWebhook) engine.offer(webhookId, tickets)
      if (rows.length < TAKE) return
    }
  }

  const probes = async () => {
    const now = new Date(core.clock()).toISOString()
    const rows = await core.db.query<{ id: string }>(
      `SELECT w.id FROM webhooks w
       WHERE w.circuit <> 'CLOSED' AND w.state = 'ENABLED' AND w.deleted_at IS NULL AND (w.circuit_probe_at IS NULL OR w.circuit_probe_at <= $1)
         AND EXISTS (SELECT 1 FROM deliveries d WHERE d.webhook_id = w.id AND d.status IN ('PENDING', 'FAILED') AND d.next_attempt_at <= $1)`,
      [now],
      'sweep_probes',
    )
    for (const { id } of rows) {
      const claimed = await claimProbe(core, id)
      if (claimed) engine.sendProbe(claimed)
    }
  }

  const parked = async () => {
    const rows = await core.db.query<{ id: string }>(
      `SELECT w.id FROM webhooks w
       WHERE w.circuit = 'CLOSED' AND w.state = 'ENABLED' AND w.deleted_at IS NULL
         AND EXISTS (SELECT 1 FROM deliveries d WHERE d.webhook_id = w.id AND d.status IN ('PENDING', 'FAILED') AND d.wake_at IS NULL
           AND d.next_attempt_at <= $1 AND (d.lease_until IS NULL OR d.lease_until < $1))`,
      [new Date(core.clock()).toISOString()],
      'sweep_parked',
    )
    for (const { id } of rows) engine.pullBacklog(id)
  }

  const expire = async () => {
    const now = core.clock()
    const rows = await core.db.query<{ id: string }>(
      `UPDATE deliveries SET status = 'CANCELLED', completed_at = $1, next_attempt_at = NULL, wake_at = NULL, hold_reason = NULL,
         last_error = coalesce(last_error || '; ', '') || 'given up: still open after its time to live'
       WHERE status IN ('PENDING', 'FAILED') AND id < $2 AND (lease_until IS NULL OR lease_until < $1) RETURNING id`,
      [new Date(now).toISOString(), uuidFloor(now - core.env.DELIVERY_TTL_HOURS * 3_600_000)],
    )
    if (rows.length === 0) return
    core.log.warn({ deliveries: rows.length }, 'cancelled: past their time to live')
    deliveriesChanged(
      core.pubsub,
      rows.map(({ id }) => id),
    )
  }

  const housekeeping = async () => {
    const day = (offset: number) => new Date(core.clock() + offset * 86_400_000).toISOString().slice(0, 10)
    await core.db.query('SELECT ensure_partitions($1::date, $2::date)', [day(-1), day(8)])
    await pruneIdempotencyKeys(core)
  }

  const parts: ReadonlyArray<[every: number, name: string, work: () => Promise<void>]> = [
    [1, 'due', due],
    [1, 'probes', probes],
    [PARKED_EVERY, 'parked', parked],
    [EXPIRE_EVERY, 'expire', expire],
    [EXPIRE_EVERY, 'deleted webhooks', () => cancelDeliveriesOfDeletedWebhooks(core)],
    [EXPIRE_EVERY, 'housekeeping', housekeeping],
  ]

  /** Each part by itself: what one of them trips over must not keep the others from their work. */
  const round = async (tick: number | 'all') => {
    for (const [every, name, work] of parts) {
      if (tick !== 'all' && tick % every !== 0) continue
      await work().catch((error: unknown) =>
        core.log.warn({ err: error, part: name }, 'a part of the sweep failed; the next round does it'),
      )
    }
  }

  return {
    start() {
      timer = setInterval(() => {
        running ??= round(ticks++).finally(() => {
          running = undefined
        })
      }, core.env.SWEEP_INTERVAL_MS)
    },
    async stop() {
      clearInterval(timer)
      await running
    },
    once: () => round('all'),
  }
}
