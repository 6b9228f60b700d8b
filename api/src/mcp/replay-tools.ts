import { z } from 'zod'
import { stringifyJson } from '../kit/json-text.ts'
import { deliveryFilter, filterOf, id } from './inputs.ts'
import { dataOf, type Execute, reading, type Tool, ToolError, tool } from './tool.ts'

const BULK_REPLAY =
  'bulkReplay { id status total replayed skipped delivered failed createdAt finishedAt reason paused }'
const PREVIEW = `mutation McpPreviewBulkReplay($input: BulkReplayInput!) { bulkReplayDeliveries(input: $input) {
  ${BULK_REPLAY} preview { total likely byWebhook { count likely reachable warning webhook { id name } }
    skipped { reason count } sample { id status eventType lastError } } } }`
const START = `mutation McpStartBulkReplay($input: BulkReplayInput!) { bulkReplayDeliveries(input: $input) { ${BULK_REPLAY} } }`
const PREVIEWED = `query McpPreviewedReplay($id: ID!) { viewer { actor { id } } node(id: $id) { __typename ... on BulkReplay {
  status filter total createdAt startedBy { id } } } }`
const PROGRESS = `query McpBulkReplay($id: ID!) { node(id: $id) { ... on BulkReplay { id status total replayed skipped delivered failed
  createdAt finishedAt reason paused } } }`

/** A preview says what was so when it was made. */
const PREVIEW_MINUTES = 30

const preview = tool({
  name: 'preview_bulk_replay',
  title: 'Preview a bulk replay',
  description: `What a replay of the deliveries that match would do: how many, by webhook, how many would probably arrive, which are left out. Changes nothing. The id of the preview (bulkReplay.id) is what start_bulk_replay takes, within ${PREVIEW_MINUTES} minutes. Takes the role OPERATOR.`,
  input: deliveryFilter,
  annotations: { readOnlyHint: true, openWorldHint: false },
  documents: [PREVIEW],
  async run(execute, input) {
    const filter = filterOf(input, Object.keys(deliveryFilter))
    if (filter === undefined)
      throw new ToolError(
        'BAD_USER_INPUT: a preview requires at least one condition; without any it would cover every delivery',
      )
    return dataOf(execute, PREVIEW, { input: { filter: frozen(filter, Date.now()), dryRun: true } })
  },
})

const start = tool({
  name: 'start_bulk_replay',
  title: 'Start a bulk replay',
  description:
    'Sends the previewed deliveries again. Takes the id of a preview that the same identity made, and the role OPERATOR. What is left out here was left out there too: the options can only narrow it.',
  input: {
    previewId: id('blk', 'bulkReplay.id of the answer of preview_bulk_replay'),
    reason: z.string().min(1).max(500).describe('why, for the audit trail and for those who look at it later'),
    ratePerSecond: z
      .number()
      .int()
      .min(1)
      .optional()
      .describe('deliveries a second; as fast as the webhooks take them when left out'),
    canary: z.boolean().optional().describe('replay one of each webhook first, and stop that webhook if it fails'),
    skipUnhealthy: z.boolean().optional().describe('leave out webhooks that are down'),
    minLikelihood: z.number().min(0).max(1).optional().describe('leave out deliveries that would probably fail again'),
  },
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
  documents: [PREVIEWED, START],
  async run(execute, { previewId, reason, ...options }) {
    const filter = await previewedFilter(execute, previewId)
    // The key makes a second start of the same preview answer the first.
    const input = { filter, reason, dryRun: false, idempotencyKey: `mcp:${previewId}`, ...options }
    return dataOf(execute, START, { input })
  },
})

/** The filter that a preview was of. Throws ToolError for what is no preview of this identity, or an old one. */
async function previewedFilter(execute: Execute, previewId: string): Promise<unknown> {
  const data = await dataOf(execute, PREVIEWED, { id: previewId })
  const viewer = data.viewer as { actor: { id: string } }
  const node = data.node as {
    __typename: string
    status: string
    filter: unknown
    createdAt: string
    startedBy: { id: string }
  } | null
  const none = `NOT_FOUND: ${previewId} is not a preview; call preview_bulk_replay and pass on the id that it answers`
  if (node?.__typename !== 'BulkReplay') throw new ToolError(none)
  if (node.status !== 'DRY_RUN')
    throw new ToolError(`CONFLICT: ${previewId} is not a preview but a replay (${node.status})`)
  if (node.startedBy.id !== viewer.actor.id)
    throw new ToolError(`CONFLICT: ${previewId} was previewed by somebody else; call preview_bulk_replay yourself`)
  if (Date.now() - Date.parse(node.createdAt) > PREVIEW_MINUTES * 60_000)
    throw new ToolError(
      `CONFLICT: the preview is older than ${PREVIEW_MINUTES} minutes; call preview_bulk_replay again`,
    )
  if (node.filter === null || typeof node.filter !== 'object') throw new ToolError(none)
  // In the process it may still be the text that it was written in.
  return JSON.parse(stringifyJson(node.filter))
}

const WINDOW_MS: Readonly<Record<string, number>> = { LAST_15M: 900_000, LAST_1H: 3_600_000, LAST_24H: 86_400_000 }

/** The filter with its times fixed: what fails after the preview is not what was previewed. */
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

/** Bulk replays: a preview, then a start by the id of the preview, then a look at its progress. */
export const REPLAY_TOOLS: readonly Tool[] = [
  preview,
  start,
  reading({
    name: 'get_bulk_replay',
    title: 'Progress of a bulk replay',
    description: 'How far a bulk replay has come.',
    input: { id: id('blk', 'the bulk replay') },
    document: PROGRESS,
  }),
]
