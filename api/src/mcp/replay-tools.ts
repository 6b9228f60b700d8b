import { z } from 'zod'
import { deliveryFilter, filterOf, id } from './inputs.ts'
import { PREVIEW_MINUTES } from './previews.ts'
import { dataOf, READS, reading, type Tool, tool } from './tool.ts'
import { ToolError } from './tool-error.ts'

const BULK_REPLAY =
  'bulkReplay { id status total replayed skipped delivered failed createdAt finishedAt reason paused }'
const PREVIEW = `mutation McpPreviewBulkReplay($input: BulkReplayInput!) { bulkReplayDeliveries(input: $input) {
  ${BULK_REPLAY} preview { total likely byWebhook { count likely reachable warning webhook { id name } }
    skipped { reason count } sample { id status eventType lastError } } } }`
const START = `mutation McpStartBulkReplay($input: BulkReplayInput!) { bulkReplayDeliveries(input: $input) { ${BULK_REPLAY} } }`
const PROGRESS = `query McpBulkReplay($id: ID!) { node(id: $id) { ... on BulkReplay { id status total replayed skipped delivered failed
  createdAt finishedAt reason paused } } }`

const preview = tool({
  name: 'preview_bulk_replay',
  title: 'Preview a bulk replay',
  description: `Previews a replay of the deliveries that match: their number by webhook, how many would probably be delivered, and which are skipped. Changes nothing. Pass the id of the preview (bulkReplay.id) to start_bulk_replay within ${PREVIEW_MINUTES} minutes. Requires the role OPERATOR.`,
  input: deliveryFilter,
  annotations: READS,
  documents: [PREVIEW],
  async run(execute, input, previews) {
    const filter = filterOf(input, Object.keys(deliveryFilter))
    if (filter === undefined)
      throw new ToolError(
        'BAD_USER_INPUT: a preview requires at least one condition; without any it would cover every delivery',
      )
    const fixed = frozen(filter, previews.now())
    const data = await dataOf(execute, PREVIEW, { input: { filter: fixed, dryRun: true } })
    const { bulkReplayDeliveries } = data as { bulkReplayDeliveries: { bulkReplay: { id: string } } }
    await previews.keep(bulkReplayDeliveries.bulkReplay.id, fixed)
    return data
  },
})

const start = tool({
  name: 'start_bulk_replay',
  title: 'Start a bulk replay',
  description:
    'Sends the previewed deliveries again. Requires the id of a preview by the same identity, and the role OPERATOR. Deliveries that the preview skipped are skipped here too: the options can only narrow it.',
  input: {
    previewId: id('blk', 'bulkReplay.id of the answer of preview_bulk_replay'),
    reason: z.string().min(1).max(500).describe('the reason, for the audit trail'),
    ratePerSecond: z
      .number()
      .int()
      .min(1)
      .optional()
      .describe('deliveries per second; default: as fast as the webhooks accept them'),
    canary: z.boolean().optional().describe('replay one of each webhook first, and stop that webhook if it fails'),
    skipUnhealthy: z.boolean().optional().describe('skip webhooks that are down'),
    minLikelihood: z.number().min(0).max(1).optional().describe('skip deliveries that would probably fail again'),
  },
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
  documents: [START],
  async run(execute, { previewId, reason, ...options }, previews) {
    // Lets the API refuse the start, so that the denial is recorded. There are no deliveries in it, so it could not
    // replay any.
    if (!previews.mayReplay) return dataOf(execute, START, { input: { deliveryIds: [], reason } })
    const filter = await previews.filterOf(previewId)
    // With this key, starting the same preview again returns the first replay.
    const input = { filter, reason, dryRun: false, idempotencyKey: `mcp:${previewId}`, ...options }
    return dataOf(execute, START, { input })
  },
})

const WINDOW_MS: Readonly<Record<string, number>> = { LAST_15M: 900_000, LAST_1H: 3_600_000, LAST_24H: 86_400_000 }

/** The filter with fixed times, so that failures after the preview do not match it. */
export function frozen(filter: Readonly<Record<string, unknown>>, now: number): Record<string, unknown> {
  const { window, ...rest } = filter
  const spanMs = typeof window === 'string' ? WINDOW_MS[window] : undefined
  const from = spanMs === undefined ? null : now - spanMs
  const since = typeof rest.since === 'string' ? Date.parse(rest.since) : null
  const starts = [from, since].filter((at) => at !== null)
  return {
    ...rest,
    ...(starts.length > 0 && { since: new Date(Math.max(...starts)).toISOString() }),
    until: rest.until ?? new Date(now).toISOString(),
  }
}

/** The tools for bulk replays: preview, start (with the id of the preview), and progress. */
export const REPLAY_TOOLS: readonly Tool[] = [
  preview,
  start,
  reading({
    name: 'get_bulk_replay',
    title: 'Progress of a bulk replay',
    description: 'The progress of a bulk replay.',
    input: { id: id('blk', 'the bulk replay') },
    document: PROGRESS,
  }),
]
