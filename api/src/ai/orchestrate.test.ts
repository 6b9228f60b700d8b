import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  type Answer,
  ask,
  eventsOf,
  LEAD,
  ORCHESTRATE,
  startVendors,
  stateOf,
  TEXT,
  type Vendors,
} from '../../test/features/ai.ts'
import { startTestApp, type TestApp, until } from '../../test/harness.ts'
import {
  answers,
  fails,
  hang,
  SECRET_OF_THE_VENDOR,
  says,
  VENDOR_NAMES,
  type VendorName,
} from '../../test/servers/ai-vendors.ts'
import { BUILTIN_TYPES } from '../events/catalogue/builtin-definitions.ts'

let vendors: Vendors
const server = (name: VendorName) => vendors.server(name)
beforeAll(async () => {
  vendors = await startVendors()
})
afterAll(() => vendors.close())

describe('a request', () => {
  let app: TestApp
  beforeAll(async () => {
    const over = { ollama: { capabilities: ['extract-lead'] } }
    app = await startTestApp({ env: vendors.settings('claude,ollama,openai', over) })
  })
  afterAll(() => app.stop())
  beforeEach(async () => {
    await app.sql('DELETE FROM ai_provider_health')
    for (const name of VENDOR_NAMES) server(name).behave(answers(name, LEAD))
  })

  test('that no provider answers is UNAVAILABLE with every attempt, and publishes an event', async () => {
    server('claude').behave(fails('claude', 529, 'overloaded_error'))
    server('ollama').behave(says('ollama', 'no JSON'))
    server('openai').behave(hang())
    const failure = await app.fails(ORCHESTRATE, {
      input: { intent: 'extract-lead', input: { text: TEXT }, tenantId: 'tenant-a', timeoutMs: 4_000 },
    })
    expect(failure).toMatchObject({
      code: 'UNAVAILABLE',
      attempts: [
        {
          provider: 'claude',
          ok: false,
          skipped: false,
          error: 'answered 529 (overloaded_error)',
          latencyMs: expect.any(Number),
        },
        { provider: 'ollama', ok: false, error: 'the answer is not JSON' },
        { provider: 'openai', ok: false, error: expect.stringMatching(/^no answer within [\d,]+ ms$/) },
      ],
    })
    const [event] = await until('the event', async () => {
      const found = await eventsOf(app, 'ai.fallback.failed')
      return found.length > 0 && found
    })
    expect(event).toEqual({
      severity: 'ERROR',
      tenant_id: 'tenant-a',
      payload: { intent: 'extract-lead', failed: ['claude', 'ollama', 'openai'], error: expect.any(String) },
    })
  })

  test('publishes events with the provider that answered, and whether another had failed', async () => {
    await ask(app, { tenantId: 'tenant-b' })
    server('claude').behave(fails('claude', 500, 'api_error'))
    await ask(app, { tenantId: 'tenant-b' })
    const used = await until('one event', async () =>
      (await eventsOf(app, 'ai.provider.used')).find((e) => e.tenant_id === 'tenant-b'),
    )
    expect(used).toMatchObject({
      severity: 'INFO',
      payload: { provider: 'claude', intent: 'extract-lead', latencyMs: expect.any(Number) },
    })
    const fallback = await until('the other', async () =>
      (await eventsOf(app, 'ai.fallback.used')).find((e) => e.tenant_id === 'tenant-b'),
    )
    expect(fallback).toMatchObject({
      severity: 'WARNING',
      payload: {
        provider: 'ollama',
        intent: 'extract-lead',
        failed: ['claude'],
        error: 'answered 500 (api_error)',
        latencyMs: expect.any(Number),
      },
    })
  })

  test('leaves no word of a prompt, an answer or a vendor in its events, which fit their declared schemas', async () => {
    server('claude').behave(says('claude', `${TEXT} ${SECRET_OF_THE_VENDOR}`))
    server('ollama').behave(answers('ollama', LEAD))
    await ask(app, { tenantId: 'tenant-b' })
    await until('the event', async () =>
      (await eventsOf(app, 'ai.fallback.used')).find(({ payload }) => String(payload.error).includes('not JSON')),
    )
    const events = (
      await Promise.all(
        ['ai.provider.used', 'ai.fallback.used', 'ai.fallback.failed'].map((type) => eventsOf(app, type)),
      )
    ).flat()
    expect(events.length).toBeGreaterThan(2)
    const text = JSON.stringify(events)
    for (const word of ['Ada', 'example.com', SECRET_OF_THE_VENDOR]) expect(text).not.toContain(word)
    for (const name of ['ai.provider.used', 'ai.fallback.used', 'ai.fallback.failed']) {
      const declared = BUILTIN_TYPES.find((type) => type.name === name)?.schema as { properties: object } | undefined
      const fields = (await eventsOf(app, name)).flatMap(({ payload }) => Object.keys(payload))
      expect(Object.keys(declared?.properties ?? {}), name).toEqual(expect.arrayContaining(fields))
    }
  })

  test('divides its time when it is short: two providers that hang leave the third its share', async () => {
    server('claude').behave(hang())
    server('ollama').behave(hang())
    const answer = await ask(app, { timeoutMs: 3_000 })
    expect(answer.usedProvider).toBe('openai')
    expect(answer.attempts.map(({ error }) => error)).toEqual([
      expect.stringMatching(/^no answer within [\d,]+ ms$/),
      expect.stringMatching(/^no answer within [\d,]+ ms$/),
      null,
    ])
  })

  test('goes to no provider without the capability', async () => {
    server('claude').behave(fails('claude', 500, 'api_error'))
    server('openai').behave(answers('openai', { summary: 'Ada wrote.' }))
    const asked = server('ollama').requests.length
    const answer = await ask(app, { intent: 'summarize-activity', input: { text: TEXT } })
    expect(answer).toMatchObject({ usedProvider: 'openai', output: { summary: 'Ada wrote.' } })
    expect(answer.attempts[1]).toMatchObject({ skipped: true, error: 'has no capability summarize-activity' })
    expect(server('ollama').requests.length).toBe(asked)
  })

  test('goes to no provider that its tenant does not allow', async () => {
    await app.ok('mutation { createTenant(input: { id: "tenant-kept", name: "Kept" }) { tenant { id } } }')
    const keep = `mutation ($providers: [String!]) { setTenantAiProviders(tenantId: "tenant-kept", providers: $providers) {
      tenant { id aiProviders } } }`
    expect(await app.ok(keep, { providers: ['openai'] })).toEqual({
      setTenantAiProviders: { tenant: { id: 'tenant-kept', aiProviders: ['openai'] } },
    })
    const before = [server('claude').requests.length, server('ollama').requests.length]
    const as = { role: 'AGENT', tenantId: 'tenant-kept' } as const
    const input = { intent: 'extract-lead', input: { text: TEXT } }
    const { orchestrate } = await app.ok<{ orchestrate: Answer }>(ORCHESTRATE, { input }, { as })
    expect(orchestrate.usedProvider).toBe('openai')
    server('openai').behave(fails('openai', 500, 'api_error'))
    expect(await app.fails(ORCHESTRATE, { input }, { as })).toMatchObject({ code: 'UNAVAILABLE' })
    expect([server('claude').requests.length, server('ollama').requests.length]).toEqual(before)
    expect((await ask(app, { tenantId: 'tenant-other' })).usedProvider).toBe('claude')

    expect(await app.fails(keep, { providers: ['nobody'] })).toMatchObject({
      code: 'BAD_USER_INPUT',
      path: ['providers'],
    })
    expect(
      await app.fails(keep, { providers: null }, { as: { role: 'ADMIN', tenantId: 'tenant-kept' } }),
    ).toMatchObject({
      code: 'FORBIDDEN',
    })
    await app.ok(keep, { providers: null })
    expect((await ask(app, { tenantId: 'tenant-kept' })).usedProvider).toBe('claude')
  })

  test.each([
    [{ intent: 'write-poetry', input: {} }, ['input', 'intent']],
    [{ intent: 'extract-lead', input: {} }, ['input', 'input', 'text']],
    [{ intent: 'extract-lead', input: { text: ' ' } }, ['input', 'input', 'text']],
    [{ intent: 'extract-lead', input: { text: TEXT }, timeoutMs: 5 }, ['input', 'timeoutMs']],
    [{ intent: 'classify-intent', input: { text: TEXT, labels: ['one'] } }, ['input', 'input', 'labels']],
  ])('%j is refused by name', async (input, path) => {
    expect(await app.fails(ORCHESTRATE, { input })).toMatchObject({ code: 'BAD_USER_INPUT', path })
  })

  test('leaves no part of prompts, answers and keys in logs, audit, events and health', async () => {
    server('claude').behave(fails('claude', 400, 'invalid_request_error'))
    await ask(app, { tenantId: 'tenant-quiet' })
    server('claude').behave(says('claude', `no JSON, but ${SECRET_OF_THE_VENDOR}`))
    await ask(app, { tenantId: 'tenant-quiet' })
    await until('events', async () => (await eventsOf(app, 'ai.fallback.used')).length > 1)
    const rows = await app.sql<{ row: string }>(
      `SELECT t::text AS row FROM events t UNION ALL SELECT t::text FROM audit_entries t UNION ALL SELECT t::text FROM ai_provider_health t`,
    )
    const everything = JSON.stringify([rows, app.logs, app.requests])
    expect(everything).toContain('ai.orchestrate')
    for (const secret of ['Byron-Example', 'ada@example.com', SECRET_OF_THE_VENDOR, 'key-of-'])
      expect(everything).not.toContain(secret)
  })
})

describe('a model server that is overloaded', () => {
  test('gets no more requests at once than its descriptor allows; a tenant has no more in progress than its share', async () => {
    const over = { claude: { concurrency: 3 }, local: { timeoutMs: 5_000 } }
    const app = await startTestApp({ env: { ...vendors.settings('claude,local', over), AI_TENANT_CONCURRENCY: '5' } })
    try {
      let underWay = 0
      let most = 0
      const waiting: (() => void)[] = []
      server('claude').behave((exchange) => {
        underWay += 1
        most = Math.max(most, underWay)
        waiting.push(() => {
          underWay -= 1
          answers('claude', LEAD)(exchange)
        })
      })
      const asking = Promise.all(
        Array.from({ length: 8 }, (_, i) => ask(app, { tenantId: i < 7 ? 'tenant-many' : 'tenant-one' })),
      )
      await until('its places are taken', () => underWay === 3)
      const answering = setInterval(() => waiting.shift()?.(), 25)
      const done = await asking
      clearInterval(answering)
      expect(most).toBe(3)
      for (const { output } of done) expect(output).toEqual(LEAD)
    } finally {
      await app.stop()
    }
  })

  test('whose health was stored is skipped by a process that has just started', async () => {
    const app = await startTestApp({ env: vendors.settings('claude,local') })
    server('claude').behave(fails('claude', 500, 'api_error'))
    await ask(app)
    const asked = server('claude').requests.length
    const restarted = await startTestApp({ env: vendors.settings('claude,local'), beside: app })
    try {
      expect(await stateOf(restarted, 'claude')).toMatchObject({
        healthy: false,
        totalCalls: 1,
        failedCalls: 1,
        lastError: 'answered 500 (api_error)',
      })
      expect((await ask(restarted)).usedProvider).toBe('local')
      expect(server('claude').requests.length).toBe(asked)
    } finally {
      await restarted.stop()
      await app.stop()
    }
  })
})

describe('without any key', () => {
  let app: TestApp
  beforeAll(async () => {
    app = await startTestApp()
  })
  afterAll(() => app.stop())

  test('answers every intent in the process, and the other providers name the setting that they need', async () => {
    const run = async (intent: string, input: object) => ask(app, { intent, input })
    expect(await run('extract-lead', { text: TEXT })).toMatchObject({ usedProvider: 'local', output: LEAD })
    expect((await run('summarize-activity', { text: 'Called Ada. She wants an offer.' })).output).toEqual({
      summary: 'Called Ada. She wants an offer.',
    })
    expect((await run('classify-intent', { text: 'Could you send me the invoice for October?' })).output).toMatchObject(
      {
        label: 'billing',
      },
    )
    const facts = [{ id: 'f1', kind: 'SCOPE', text: 'Between 09:00 and 10:00 UTC 12 of 40 attempts failed.' }]
    const explained = await run('explain-incident', { facts })
    expect((explained.output as { lines: unknown[] }).lines).toHaveLength(5)
    expect(explained.attempts.map(({ provider, skipped, error }) => [provider, skipped, error])).toEqual([
      ['claude', true, 'not configured: CLAUDE_API_KEY is not set'],
      ['ollama', true, 'not configured: OLLAMA_URL is not set'],
      ['openai', true, 'not configured: OPENAI_API_KEY is not set'],
      ['local', false, null],
    ])
    await until('events', async () => (await eventsOf(app, 'ai.provider.used')).length === 4)
    expect(await eventsOf(app, 'ai.fallback.used')).toEqual([])
  })
})
