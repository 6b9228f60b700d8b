import { z } from 'zod'
import type { Prisma } from '../../../prisma/generated/client/client.ts'
import type { AppContext } from '../app-context.ts'
import type { Publisher } from '../events/publish/publish.ts'
import { system } from '../identity/identity.ts'
import { newId } from '../kit/ids.ts'
import { JsonText } from '../kit/json/json-text.ts'

const SOURCE = 'aetherlink'

/** A CRM event that waits to be published. */
const crmEvent = z.object({
  type: z.enum(['lead.created', 'lead.updated', 'activity.created', 'ai.summary.created']),
  tenantId: z.string(),
  subject: z.string(),
  correlationId: z.string().nullable(),
  payload: z.record(z.string(), z.unknown()),
})
export type CrmEvent = z.output<typeof crmEvent>

/**
 * Publishes the event of each change exactly once. The event is stored in the transaction of the change, published
 * after the commit, and then deleted. If the process dies in between, a worker publishes the event later. The row's id
 * is the event's idempotency key, so that an event which is already stored is not stored again.
 */
export interface Outbox {
  /** Stores an event in the transaction of its change. Returns its id, for `publish`. */
  add(tx: Pick<Prisma.TransactionClient, 'crmOutbox'>, event: CrmEvent): Promise<string>
  /** Publishes an event after its transaction was committed. Never rejects and need not be awaited. */
  publish(id: string): void
  /** Publishes events that their process has not published for a while. */
  publishLeft(): Promise<void>
  /** Resolves when no event is being published. */
  idle(): Promise<void>
}

/** Younger events are about to be published by the process that stored them. */
const LEFT_AFTER_MS = 10_000
const LEFT_LIMIT = 500

export function createOutbox(
  core: Pick<AppContext, 'db' | 'log' | 'clock'>,
  publisher: Pick<Publisher, 'publish'>,
): Outbox {
  const publishing = new Set<Promise<void>>()

  const publishRows = async (rows: readonly { id: string; event: unknown }[]) => {
    const events = rows.map(({ id, event }) => ({ id, ...crmEvent.parse(event) }))
    const outcomes = await publisher.publish(
      { identity: system(SOURCE), clientIp: null, trace: null },
      events.map(({ id, payload, ...event }) => ({
        ...event,
        payload: JsonText.of(payload),
        source: SOURCE,
        idempotencyKey: id,
      })),
    )
    // A refused event is not retried, because it would be refused again, for example by a schema that an operator
    // changed.
    for (const [i, outcome] of outcomes.entries())
      if ('error' in outcome)
        core.log.error({ err: outcome.error, type: events[i]?.type }, 'an event of the CRM was refused')
    await core.db.query('DELETE FROM crm_outbox WHERE id = ANY ($1::uuid[])', [rows.map(({ id }) => id)])
  }

  return {
    async add(tx, event) {
      const id = newId()
      await tx.crmOutbox.create({
        data: { id, event: event as Prisma.InputJsonObject, createdAt: new Date(core.clock()) },
      })
      return id
    },
    publish(id) {
      const work = core.db
        .query<{ id: string; event: unknown }>('SELECT id, event FROM crm_outbox WHERE id = $1', [id])
        .then(publishRows)
        .catch((error: unknown) =>
          core.log.warn({ err: error, id }, 'an event of the CRM waits for a worker to publish it'),
        )
        .finally(() => publishing.delete(work))
      publishing.add(work)
    },
    async publishLeft() {
      const before = new Date(core.clock() - LEFT_AFTER_MS).toISOString()
      const rows = await core.db.query<{ id: string; event: unknown }>(
        `SELECT id, event FROM crm_outbox WHERE created_at < $1 ORDER BY id LIMIT ${LEFT_LIMIT}`,
        [before],
      )
      if (rows.length > 0) await publishRows(rows)
    },
    async idle() {
      while (publishing.size > 0) await Promise.all(publishing)
    },
  }
}
