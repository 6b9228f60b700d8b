import type { DeliveryAttempt } from '../../../../prisma/generated/client/client.ts'
import type { KeysetRange } from '../../db/keyset.ts'
import { type EventRow, readEventsById } from '../../events/event-row.ts'
import type { Context } from '../../graphql/context.ts'
import { byId, createLoader, groupedBy } from '../../graphql/loader.ts'
import { createPageLoader } from '../../graphql/page-loader.ts'
import { uuidFloor, uuidTime } from '../../kit/ids.ts'
import type { WebhookRow } from '../../webhooks/load.ts'
import { DELIVERY_COLUMNS, type DeliveryRow } from './delivery-where.ts'

/**
 * Maximum number of attempts per delivery, the newest ones. A long outage can add many probes, because probes are not
 * limited by the number of attempts.
 */
export const MAX_ATTEMPTS = 100
/** Maximum number of replays per delivery, the newest ones. */
export const MAX_REPLAYS = 100
/** Maximum number of deliveries that are read to explain one event. */
const MAX_EXPLAINED = 5_000
/**
 * Maximum difference between the clocks of machines. A search for rows that were created later starts this much
 * earlier.
 */
const SKEW_MS = 60_000

/** The smallest id that a row created after any of these rows can have. Older partitions are skipped. */
const after = (uuids: readonly string[]) => uuidFloor(Math.min(...uuids.map(uuidTime)) - SKEW_MS)

/**
 * A condition that the identity may see a row, by the tenant_id of the table `alias`. A parameter is appended to
 * `values`.
 */
function reach({ identity }: Context, alias: string, values: unknown[]): string {
  return identity.tenantId === null ? 'true' : `${alias}.tenant_id = $${values.push(identity.tenantId)}`
}

/** Visible deliveries by id. */
export const deliveryLoader = createLoader<DeliveryRow>(async (ids, context) => {
  const values: unknown[] = [ids]
  const rows = await context.core.db.query<DeliveryRow>(
    `SELECT ${DELIVERY_COLUMNS} FROM deliveries d WHERE d.id = ANY ($1::uuid[]) AND ${reach(context, 'd', values)}`,
    values,
  )
  return byId(rows)
})

/**
 * The events of deliveries that have been loaded. No tenant check is needed: an event that was sent to a visible
 * webhook is visible too.
 */
export const deliveredEventLoader = createLoader<EventRow>(async (ids, { core }) =>
  byId(await readEventsById(core.db.query, ids)),
)

/**
 * The newest `limit` rows for each `key`. A window function is used instead of LIMIT: as long as a new partition has no
 * statistics, the planner would scan its primary key backwards for LIMIT.
 */
const newest = (columns: string, from: string, key: string, id: string, order: 'ASC' | 'DESC', limit: string) =>
  `SELECT * FROM (SELECT ${columns}, row_number() OVER (PARTITION BY ${key} ORDER BY ${id} ${order}) AS nth FROM ${from}) AS r
   WHERE nth <= ${limit}`

/** Replays of a delivery, oldest first. */
export const replaysLoader = createLoader<DeliveryRow[]>(async (ids, context) => {
  const values: unknown[] = [ids, after(ids)]
  const from = `deliveries d WHERE d.replay_of_id = ANY ($1::uuid[]) AND d.id >= $2::uuid AND ${reach(context, 'd', values)}`
  const rows = await context.core.db.query<DeliveryRow>(
    `${newest(DELIVERY_COLUMNS, from, 'd.replay_of_id', 'd.id', 'DESC', String(MAX_REPLAYS))} ORDER BY id`,
    values,
  )
  return groupedBy(rows, (row) => row.replayOfId)
})

const ATTEMPT_COLUMNS = `a.id, a.delivery_id AS "deliveryId", a.webhook_id AS "webhookId", a.number, a.started_at AS "startedAt",
  a.duration_ms AS "durationMs", a.status_code AS "statusCode", a.error_kind AS "errorKind", a.error,
  a.request_headers AS "requestHeaders", a.response_headers AS "responseHeaders", a.response_body AS "responseBody",
  a.response_body_truncated AS "responseBodyTruncated"`

/**
 * The attempts of deliveries, oldest first. No tenant check is needed, because the deliveries have been loaded with
 * one.
 */
export const attemptsLoader = createLoader<DeliveryAttempt[]>(async (deliveryIds, { core }) => {
  const from = 'delivery_attempts a WHERE a.delivery_id = ANY ($1::uuid[]) AND a.id >= $2::uuid'
  const rows = await core.db.query<DeliveryAttempt>(
    `${newest(ATTEMPT_COLUMNS, from, 'a.delivery_id', 'a.id', 'DESC', String(MAX_ATTEMPTS))} ORDER BY id`,
    [deliveryIds, after(deliveryIds)],
  )
  return groupedBy(rows, (row) => row.deliveryId)
})

/** Attempts by id. An attempt belongs to the tenant of its webhook. */
export const attemptLoader = createLoader<DeliveryAttempt>(async (ids, context) => {
  const values: unknown[] = [ids]
  const rows = await context.core.db.query<DeliveryAttempt>(
    `SELECT ${ATTEMPT_COLUMNS} FROM delivery_attempts a JOIN webhooks w ON w.id = a.webhook_id
     WHERE a.id = ANY ($1::uuid[]) AND ${reach(context, 'w', values)}`,
    values,
  )
  return byId(rows)
})

/** One page of deliveries for each event. */
export const eventDeliveriesPage = createPageLoader<DeliveryRow, null>(
  (eventIds, range, _options, context) => readOfEvents(context, eventIds, range),
  (row) => row.eventId,
)

/** The deliveries of an event, newest first, at most MAX_EXPLAINED. */
export const eventDeliveriesLoader = createLoader<DeliveryRow[]>(async (eventIds, context) => {
  const range: KeysetRange = { afterId: null, beforeId: null, take: MAX_EXPLAINED, order: 'desc' }
  return groupedBy(await readOfEvents(context, eventIds, range), (row) => row.eventId)
})

function readOfEvents(context: Context, eventIds: readonly string[], range: KeysetRange): Promise<DeliveryRow[]> {
  const values: unknown[] = [eventIds, after(eventIds), range.take]
  const bounds = ['d.event_id = ANY ($1::uuid[])', 'd.id >= $2::uuid', reach(context, 'd', values)]
  if (range.afterId !== null) bounds.push(`d.id < $${values.push(range.afterId)}::uuid`)
  if (range.beforeId !== null) bounds.push(`d.id > $${values.push(range.beforeId)}::uuid`)
  const order = range.order === 'asc' ? 'ASC' : 'DESC'
  const from = `deliveries d WHERE ${bounds.join(' AND ')}`
  return context.core.db.query<DeliveryRow>(
    `${newest(DELIVERY_COLUMNS, from, 'd.event_id', 'd.id', order, '$3')} ORDER BY id ${order}`,
    values,
  )
}

export const eventCountLoader = createLoader<number>(async (eventIds, context) => {
  const values: unknown[] = [eventIds, after(eventIds)]
  const rows = await context.core.db.query<{ id: string; n: number }>(
    `SELECT d.event_id AS id, count(*)::int AS n FROM deliveries d
     WHERE d.event_id = ANY ($1::uuid[]) AND d.id >= $2::uuid AND ${reach(context, 'd', values)} GROUP BY d.event_id`,
    values,
  )
  return new Map(rows.map(({ id, n }) => [id, n]))
})

/**
 * The webhooks of a tenant that the identity may see, including deleted ones. `INSTALLATION` selects global webhooks,
 * and `EVERYBODY` selects all webhooks.
 */
export const webhooksOfLoader = createLoader<WebhookRow[]>(async (tenants, { core, identity }) => {
  const mine = identity.tenantId === null ? {} : { tenantId: identity.tenantId }
  const all = tenants.includes(EVERYBODY)
  const named = tenants.filter((tenant) => tenant !== INSTALLATION && tenant !== EVERYBODY)
  const rows = await core.db.prisma.webhook.findMany({
    where: { AND: [mine, all ? {} : { OR: [{ tenantId: null }, { tenantId: { in: named } }] }] },
    orderBy: { id: 'asc' },
  })
  const webhooksByTenant = groupedBy(rows, (row) => row.tenantId ?? INSTALLATION)
  if (all) webhooksByTenant.set(EVERYBODY, rows)
  return webhooksByTenant
})

export const INSTALLATION = ''
/** A key that cannot be a tenant, because tenant names contain no star. */
export const EVERYBODY = '*'

/** Whether system events of a type are visible to every tenant. */
export const visibleTypeLoader = createLoader<boolean>(async (types, { core }) => {
  const rows = await core.db.prisma.eventType.findMany({ where: { name: { in: [...types] }, tenantVisible: true } })
  return new Map(rows.map((row) => [row.name, true]))
})

/** The rows that a loader found, by id. */
export const loaded = <Row extends { id: string }>(rows: ReadonlyArray<Row | null | Error>): Map<string, Row> =>
  byId(rows.filter((row): row is Row => row !== null && !(row instanceof Error)))
