import type { SkipReason } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import { snapshot } from '../../db/snapshot.ts'
import { type SqlValue, sqlValues } from '../../db/sql-value.ts'
import type { Identity } from '../../identity/identity.ts'
import { uuidFloor } from '../../kit/ids.ts'
import type { WebhookRow } from '../../webhooks/load.ts'
import { type ForecastSubject, RECOMMENDED_LIKELIHOOD } from '../forecast/forecast.ts'
import { FORECAST_GROUP, forecastDeliveries } from '../forecast/forecast-deliveries.ts'
import { DELIVERY_COLUMNS, type DeliveryRow, deliveryWhere } from '../read/delivery-where.ts'
import { fetchDeliveries } from '../read/list.ts'
import { resolveSearch } from '../read/search-sql.ts'
import { type BulkReplayOptions, frozenQuery } from './input.ts'
import { type SkipCounts, withSkips } from './rows.ts'
import { isDown, refusalOf } from './rules.ts'

export const SAMPLE_SIZE = 5

/** The effect of a bulk replay on one webhook. */
export interface WebhookPreview {
  webhook: WebhookRow
  /** Number of deliveries that would be replayed. */
  count: number
  likely: number
  reachable: boolean
  warning: string | null
}

/** The preview of a bulk replay that would start now. */
export interface BulkReplayPreview {
  /** Number of selected deliveries, including the skipped ones. */
  total: number
  byWebhook: WebhookPreview[]
  likely: number
  skips: SkipCounts
  sample: DeliveryRow[]
}

/** A group of deliveries that share a forecast. */
interface Group extends ForecastSubject {
  skip: SkipReason | null
  count: number
}

/**
 * Counts what a bulk replay with these options would do if it started at `selectedAt`. Replays made after `selectedAt`
 * are ignored. They include those of this bulk replay, so the preview is the same before and after the start.
 */
export async function previewBulkReplay(
  core: AppContext,
  identity: Identity,
  options: BulkReplayOptions,
  selectedAt: Date,
): Promise<BulkReplayPreview> {
  const { groups, sample } = await readGroups(core, identity, options, selectedAt)
  const ids = [...new Set(groups.map(({ webhookId }) => webhookId))]
  const webhooks = ids.length === 0 ? [] : await core.db.prisma.webhook.findMany({ where: { id: { in: ids } } })
  const forecasts = await forecastDeliveries(core, groups)
  const likelihoods = groups.map((_, i) => forecasts[i]?.likelihood ?? null)
  const preview = summarize(groups, likelihoods, webhooks, options)
  const foundCount = preview.total
  const notFound = options.selection.ids ? options.selection.ids.length - foundCount : 0
  return { ...preview, total: foundCount + notFound, skips: withSkips(preview.skips, 'NOT_FOUND', notFound), sample }
}

type Options = Pick<BulkReplayOptions, 'skipUnhealthy' | 'minLikelihood'>

function summarize(
  groups: readonly Group[],
  likelihoods: ReadonlyArray<number | null>,
  webhooks: readonly WebhookRow[],
  options: Options,
): Omit<BulkReplayPreview, 'sample'> {
  const byId = new Map(webhooks.map((webhook) => [webhook.id, webhook]))
  const previews = new Map<string, WebhookPreview>()
  let total = 0
  let likely = 0
  let skips: SkipCounts = {}
  for (const [i, group] of groups.entries()) {
    total += group.count
    const webhook = byId.get(group.webhookId)
    const likelihood = likelihoods[i] ?? null
    const skip = group.skip ?? refusalOf(webhook, options.skipUnhealthy) ?? unlikely(likelihood, options)
    if (skip || !webhook) {
      skips = withSkips(skips, skip ?? 'WEBHOOK_DISABLED', group.count)
      continue
    }
    const webhookPreview = previews.get(webhook.id) ?? { webhook, count: 0, likely: 0, ...reachability(webhook) }
    const likelyHere = likelihood !== null && likelihood >= RECOMMENDED_LIKELIHOOD ? group.count : 0
    likely += likelyHere
    previews.set(webhook.id, {
      ...webhookPreview,
      count: webhookPreview.count + group.count,
      likely: webhookPreview.likely + likelyHere,
    })
  }
  return { total, likely, skips, byWebhook: [...previews.values()].sort((a, b) => b.count - a.count) }
}

const unlikely = (likelihood: number | null, { minLikelihood }: Options): SkipReason | null =>
  minLikelihood !== null && likelihood !== null && likelihood < minLikelihood ? 'UNLIKELY' : null

/** Whether the receiver of a webhook is likely to accept requests now, and a warning for the console if it is not. */
function reachability(webhook: WebhookRow): Pick<WebhookPreview, 'reachable' | 'warning'> {
  if (webhook.state === 'DISABLED') return { reachable: false, warning: 'disabled: nothing is replayed to it' }
  if (isDown(webhook)) {
    const since = webhook.failingSince ? ` since ${webhook.failingSince.toISOString()}` : ''
    return { reachable: false, warning: `currently down${since}, replay anyway?` }
  }
  if (webhook.state === 'PAUSED') return { reachable: true, warning: 'paused: replays wait until it is resumed' }
  return { reachable: true, warning: null }
}

async function readGroups(
  core: AppContext,
  identity: Identity,
  { selection, force }: BulkReplayOptions,
  selectedAt: Date,
): Promise<{ groups: Group[]; sample: DeliveryRow[] }> {
  const query = selection.filter && frozenQuery(identity, selection.filter, selectedAt.getTime())
  if (selection.filter && !query) return { groups: [], sample: [] }
  const range = { afterId: null, beforeId: null, take: SAMPLE_SIZE, order: 'desc' as const }
  const sample = query ? await fetchDeliveries(core, query, range) : null
  return snapshot(core, async (read) => {
    const values: unknown[] = []
    const value = sqlValues(values)
    const resolved = query && (await resolveSearch(read, query))
    const where = resolved ? deliveryWhere(resolved, values) : byIds(selection.ids ?? [], identity, value)
    const groups = await read<Group>(groupSql(where, force, uuidFloor(selectedAt.getTime()), value), values)
    if (sample) return { groups, sample }
    const ids = (selection.ids ?? []).slice(0, SAMPLE_SIZE)
    const sampled: unknown[] = []
    const idCondition = byIds(ids, identity, sqlValues(sampled))
    return {
      groups,
      sample: await read<DeliveryRow>(`SELECT ${DELIVERY_COLUMNS} FROM deliveries d WHERE ${idCondition}`, sampled),
    }
  })
}

const byIds = (ids: readonly string[], { tenantId }: Identity, value: SqlValue): string =>
  `d.id = ANY(${value(ids)}::uuid[])${tenantId === null ? '' : ` AND d.tenant_id = ${value(tenantId)}`}`

/**
 * Checks the skip reasons in the same order as replay_deliveries(). Replays with an id of `floor` or above were made
 * after the start and are ignored.
 */
function groupSql(where: string, force: boolean, floor: string, value: SqlValue): string {
  const start = value(floor)
  const openReplays = `FROM deliveries r WHERE r.status IN ('PENDING', 'FAILED') AND r.id < ${start}::uuid`
  const skip = force
    ? 'NULL'
    : `CASE WHEN d.status = 'DELIVERED' THEN 'ALREADY_DELIVERED'
        WHEN d.recovered_by_id < ${start}::uuid THEN 'ALREADY_RECOVERED'
        WHEN d.status = 'PENDING' OR (d.status = 'FAILED' AND d.lease_until > db_now()) THEN 'STILL_OPEN'
        WHEN d.id IN (SELECT r.replay_of_id ${openReplays} AND r.replay_of_id IS NOT NULL)
          OR coalesce(d.rescues_id, d.id) IN (SELECT r.rescues_id ${openReplays} AND r.rescues_id IS NOT NULL) THEN 'REPLAY_UNDER_WAY'
        WHEN d.expires_at <= db_now() THEN 'EXPIRED'
      END`
  return `SELECT ${FORECAST_GROUP.columns}, ${skip} AS skip, count(*)::int AS count
    FROM deliveries d WHERE ${where} GROUP BY ${FORECAST_GROUP.groupBy}, skip`
}
