import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundleCli } from '../../../ops/lib/build/build.mjs'
import { finished, makeDeadLetters } from '../../test/features/bulk-replay.ts'
import { BUILD_MS, TIMEOUT_MS } from '../../test/features/cli.ts'
import { createTestClock, startTestApp, type TestApp } from '../../test/harness.ts'
import { type Receiver, startReceiver } from '../../test/servers/receivers.ts'
import { PREVIEW_MINUTES } from './previews.ts'
import { TOOLS } from './server.ts'

/** The SDK's own client over both transports, as an assistant uses it. */

let app: TestApp
let receiver: Receiver
beforeAll(async () => {
  await bundleCli()
  app = await startTestApp({ worker: true, clock: createTestClock() })
  receiver = await startReceiver()
}, BUILD_MS)
afterAll(async () => {
  await receiver.close()
  await app.stop()
})

interface Key {
  id: string
  secret: string
}

async function makeKey(role: string, tenantId: string | null = null): Promise<Key> {
  const { createApiKey } = await app.ok<{ createApiKey: { secret: string; apiKey: { id: string } } }>(
    'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret apiKey { id } } }',
    { input: { name: 'assistant', role, tenantId } },
  )
  return { id: createApiKey.apiKey.id, secret: createApiKey.secret }
}

const COMMAND = join(import.meta.dirname, '../../bin/aetherlink.mjs')
const TRANSPORTS = {
  'streamable HTTP': (key: string) =>
    new StreamableHTTPClientTransport(new URL('/mcp', app.url), {
      requestInit: { headers: { authorization: `Bearer ${key}` } },
    }),
  'standard input and output': (key: string) =>
    new StdioClientTransport({
      command: process.execPath,
      args: [COMMAND, 'mcp'],
      env: { AETHERLINK_URL: app.url, AETHERLINK_KEY: key },
    }),
} as const

interface Called {
  isError?: boolean
  content: { text: string }[]
  structuredContent?: Record<string, unknown>
}
interface Started {
  bulkReplayDeliveries: { bulkReplay: { id: string; status: string; total: number }; preview?: { total: number } }
}

interface Assistant {
  client: Client
  call(name: string, args?: Record<string, unknown>): Promise<Called>
  /** The error that a call ends with. */
  refusal(name: string, args?: Record<string, unknown>): Promise<string>
  preview(webhookId: string): Promise<Started['bulkReplayDeliveries']>
  start(previewId: string): Promise<Started['bulkReplayDeliveries']['bulkReplay']>
}

async function connect(by: keyof typeof TRANSPORTS, { secret }: Key): Promise<Assistant> {
  const client = new Client({ name: 'test', version: '1' })
  // The SDK's own transports do not fit the SDK's own interface with exact optional properties.
  await client.connect(TRANSPORTS[by](secret) as Parameters<Client['connect']>[0])
  const call = async (name: string, args: Record<string, unknown> = {}) =>
    (await client.callTool({ name, arguments: args })) as Called
  const succeeded = async <Answer>(name: string, args: Record<string, unknown>) => {
    const { isError, content, structuredContent } = await call(name, args)
    if (isError) throw new Error(content[0]!.text)
    return structuredContent as Answer
  }
  return {
    client,
    call,
    async refusal(name, args) {
      const { isError, content } = await call(name, args)
      expect(isError).toBe(true)
      return content[0]!.text
    },
    preview: async (webhookId) =>
      (await succeeded<Started>('preview_bulk_replay', { webhookIds: [webhookId], statuses: ['DEAD_LETTER'] }))
        .bulkReplayDeliveries,
    start: async (previewId) =>
      (await succeeded<Started>('start_bulk_replay', { previewId, reason: 'receiver is back' })).bulkReplayDeliveries
        .bulkReplay,
  }
}

const replaysOf = async (webhookId: string) =>
  (
    await app.ok<{ deliveries: { totalCount: number } }>(
      'query ($filter: DeliveryFilter) { deliveries(filter: $filter) { totalCount } }',
      { filter: { webhookIds: [webhookId], statuses: ['DELIVERED', 'PENDING'] } },
    )
  ).deliveries.totalCount

const trailOf = async ({ id }: Key) =>
  app.sql<{ action: string; outcome: string }>(
    'SELECT action, outcome FROM audit_entries WHERE actor_id = $1 ORDER BY seq',
    [id],
  )

const BOTH = Object.keys(TRANSPORTS) as (keyof typeof TRANSPORTS)[]

describe.each(BOTH)('over %s', (by) => {
  test(
    'every tool has a description, an input schema, and states whether it changes anything',
    async () => {
      const { client, call } = await connect(by, await makeKey('VIEWER'))
      const { tools } = await client.listTools()
      expect(tools.map(({ name }) => name)).toEqual(TOOLS.map(({ name }) => name))
      const needed = ['events', 'deliveries', 'alerts', 'health', 'failure_causes', 'explain', 'preview', 'start']
      for (const word of needed)
        expect(
          tools.some(({ name }) => name.includes(word)),
          word,
        ).toBe(true)
      for (const { name, title, description, inputSchema, annotations } of tools) {
        expect(`${title} ${description}`.length, name).toBeGreaterThan(30)
        expect(inputSchema.type, name).toBe('object')
        const acts = name === 'start_bulk_replay'
        expect([name, annotations?.readOnlyHint, annotations?.destructiveHint]).toEqual([name, !acts, acts])
      }
      await app.ok('mutation { publishEvent(input: { type: "order.created", source: "shop" }) { deduplicated } }')
      expect((await call('search_events', { types: ['order.*'], first: 1 })).structuredContent).toMatchObject({
        events: { nodes: [{ type: 'order.created', source: 'shop' }] },
      })
      expect((await call('who_am_i')).structuredContent).toMatchObject({ viewer: { roles: ['VIEWER'] } })
      await client.close()
    },
    TIMEOUT_MS,
  )

  test(
    'an OPERATOR previews, starts the previewed replay once, and finds it in the audit trail',
    async () => {
      const key = await makeKey('OPERATOR')
      const { client, call, preview, start } = await connect(by, key)
      const { webhookId } = await makeDeadLetters(app, receiver.url, 3)
      const previewed = await preview(webhookId)
      expect(previewed).toMatchObject({ bulkReplay: { status: 'DRY_RUN' }, preview: { total: 3 } })
      expect(await replaysOf(webhookId)).toBe(0)

      const started = await start(previewed.bulkReplay.id)
      expect(started.id).not.toBe(previewed.bulkReplay.id)
      expect((await start(previewed.bulkReplay.id)).id).toBe(started.id)
      expect(await finished(app, started.id)).toMatchObject({ total: 3, delivered: 3 })
      const { structuredContent } = await call('get_bulk_replay', { id: started.id })
      expect(structuredContent).toMatchObject({ node: { status: 'COMPLETED', reason: 'receiver is back' } })
      expect(await trailOf(key)).toEqual(
        Array.from({ length: 3 }, () => ({ action: 'bulkReplay.start', outcome: 'ALLOWED' })),
      )
      await client.close()
    },
    TIMEOUT_MS,
  )

  test(
    'a VIEWER can neither preview nor start, even with the preview of an OPERATOR, and that is a denial in the audit trail',
    async () => {
      const operator = await connect(by, await makeKey('OPERATOR'))
      const { webhookId } = await makeDeadLetters(app, receiver.url, 2)
      const { bulkReplay } = await operator.preview(webhookId)
      const key = await makeKey('VIEWER')
      const viewer = await connect(by, key)
      expect(await viewer.refusal('preview_bulk_replay', { webhookIds: [webhookId] })).toMatch(/^FORBIDDEN: .*OPERATOR/)
      expect(await viewer.refusal('start_bulk_replay', { previewId: bulkReplay.id, reason: 'x' })).toMatch(/^FORBIDDEN/)
      expect(await replaysOf(webhookId)).toBe(0)
      // Equal denials of a minute are one entry.
      expect(await trailOf(key)).toEqual([{ action: 'bulkReplay.start', outcome: 'DENIED' }])
      await Promise.all([viewer.client.close(), operator.client.close()])
    },
    TIMEOUT_MS,
  )

  test(
    'a key of a tenant sees only that tenant, within the limit of its requests',
    async () => {
      const { webhookId } = await makeDeadLetters(app, receiver.url, 2)
      const { client, call, refusal, preview } = await connect(by, await makeKey('OPERATOR', 'tenant-other'))
      expect((await preview(webhookId)).preview).toMatchObject({ total: 0 })
      expect((await call('search_deliveries', { webhookIds: [webhookId] })).structuredContent).toMatchObject({
        deliveries: { nodes: [] },
      })
      expect(await refusal('delivery_stats', { since: 'yesterday' })).toContain('since')

      const limit = (perSecond: number | null) =>
        app.ok(
          'mutation ($input: UpdateTenantInput!) { updateTenant(id: "tenant-other", input: $input) { tenant { id } } }',
          { input: { requestLimit: perSecond === null ? null : { perSecond, burst: perSecond } } },
        )
      await limit(1)
      const asked = await Promise.allSettled(Array.from({ length: 8 }, () => client.callTool({ name: 'who_am_i' })))
      const refused = asked.filter(({ status }) => status === 'rejected')
      expect(refused.length).toBeGreaterThan(0)
      for (const { reason } of refused as PromiseRejectedResult[]) expect(String(reason)).toContain('RATE_LIMITED')
      await limit(null)
      await client.close()
    },
    TIMEOUT_MS,
  )
})

// Last, because it moves the clock.
describe.each(BOTH)('over %s', (by) => {
  test(
    'a start requires a preview by the same caller from the last half hour',
    async () => {
      const { client, refusal, preview, start } = await connect(by, await makeKey('OPERATOR'))
      const other = await connect(by, await makeKey('ADMIN'))
      const { webhookId } = await makeDeadLetters(app, receiver.url, 2)
      const reason = 'x'
      expect(await refusal('start_bulk_replay', { reason })).toContain('previewId')
      expect(await refusal('preview_bulk_replay')).toMatch(/^BAD_USER_INPUT: .*condition/)
      expect(await refusal('start_bulk_replay', { previewId: 'blk_01h455vb4pex5vsknk084sn02q', reason })).toMatch(
        /^NOT_FOUND: .*preview_bulk_replay/,
      )
      const foreign = await other.preview(webhookId)
      expect(await refusal('start_bulk_replay', { previewId: foreign.bulkReplay.id, reason })).toMatch(
        /^CONFLICT: .*another identity/,
      )
      const old = await preview(webhookId)
      await app.travel((PREVIEW_MINUTES + 1) * 60_000)
      expect(await refusal('start_bulk_replay', { previewId: old.bulkReplay.id, reason })).toMatch(
        /^CONFLICT: .*30 minutes/,
      )
      expect(await replaysOf(webhookId)).toBe(0)
      const { id } = await start((await preview(webhookId)).bulkReplay.id)
      expect(await refusal('start_bulk_replay', { previewId: id, reason })).toMatch(/^NOT_FOUND/)
      await finished(app, id)
      await Promise.all([client.close(), other.client.close()])
    },
    TIMEOUT_MS,
  )
})
