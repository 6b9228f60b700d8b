import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ask, LEAD, startVendors, stateOf, type Vendors } from '../../test/features/ai.ts'
import { createTestClock, startTestApp, type TestApp, until } from '../../test/harness.ts'
import {
  answers,
  breaksOff,
  fails,
  hang,
  redirect,
  says,
  VENDOR_NAMES,
  type VendorName,
} from '../../test/servers/ai-vendors.ts'
import type { Behaviour } from '../../test/servers/receivers.ts'

const clock = createTestClock()
let vendors: Vendors
const server = (name: VendorName) => vendors.server(name)
beforeAll(async () => {
  vendors = await startVendors()
})
afterAll(() => vendors.close())

/** A fault of a provider, the expected message, and the expected cooldown; null if there is none. */
const FAULTS: {
  what: string
  behaviour: (vendor: VendorName) => Behaviour
  error: RegExp
  cooldownMs: number | null
  /** Timeout of the request, for faults that last until it ends. */
  timeoutMs?: number
}[] = [
  {
    what: '429 with Retry-After',
    behaviour: (vendor) => fails(vendor, 429, 'rate_limit_error', { 'retry-after': '120' }),
    error: /^answered 429 \(rate_limit_error\)$/,
    cooldownMs: 120_000,
  },
  {
    what: '500',
    behaviour: (vendor) => fails(vendor, 500, 'api_error'),
    error: /^answered 500 \(api_error\)$/,
    cooldownMs: 30_000,
  },
  {
    what: '529',
    behaviour: (vendor) => fails(vendor, 529, 'overloaded_error'),
    error: /^answered 529 \(overloaded_error\)$/,
    cooldownMs: 30_000,
  },
  { what: 'no answer', behaviour: hang, error: /^no answer within [\d,]+ ms$/, cooldownMs: 30_000, timeoutMs: 1_500 },
  { what: 'a response that breaks off', behaviour: breaksOff, error: /^the answer was cut off/, cooldownMs: 30_000 },
  {
    what: 'an answer that ends at its length limit',
    behaviour: (vendor) => says(vendor, '{"name":"Ada', 'length'),
    error: /^the answer was cut off at its length limit$/,
    cooldownMs: 30_000,
  },
  {
    what: 'an answer that its filter stopped',
    behaviour: (vendor) => says(vendor, '{"name":null}', 'filter'),
    error: /^the answer is incomplete \(content-filter\)$/,
    cooldownMs: 30_000,
  },
  {
    what: 'an empty answer',
    behaviour: (vendor) => says(vendor, ''),
    error: /^the answer is empty$/,
    cooldownMs: 30_000,
  },
  {
    what: 'an answer that would fill the memory',
    behaviour: (vendor) => says(vendor, 'x'.repeat(1024 * 1024)),
    error: /^the answer is longer than 1 MiB$/,
    cooldownMs: 30_000,
  },
  {
    what: 'an answer that is no JSON',
    behaviour: (vendor) => says(vendor, 'Certainly! Here is the lead:'),
    error: /^the answer is not JSON$/,
    cooldownMs: 30_000,
  },
  {
    what: 'an answer of another shape',
    behaviour: (vendor) => answers(vendor, { name: ['Ada'], email: 'no address' }),
    error: /^the answer does not fit: name: /,
    cooldownMs: 30_000,
  },
  {
    what: 'a model that it does not have',
    behaviour: (vendor) => fails(vendor, 404, vendor === 'claude' ? 'not_found_error' : 'model_not_found'),
    error: /^answered 404 \((not_found_error|model_not_found)\)$/,
    cooldownMs: 30_000,
  },
  {
    what: 'a key that it does not take',
    behaviour: (vendor) => fails(vendor, 401, 'authentication_error'),
    error: /^answered 401 \(authentication_error\)$/,
    cooldownMs: 30_000,
  },
  {
    what: 'a redirect, which could lead its key away',
    behaviour: () => redirect('http://127.0.0.1:1/'),
    error: /^cannot be reached/,
    cooldownMs: 30_000,
  },
  {
    what: 'an input that it refuses, which the next request need not share',
    behaviour: (vendor) => fails(vendor, 400, 'invalid_request_error'),
    error: /^answered 400 \(invalid_request_error\)$/,
    cooldownMs: null,
  },
]

const NEXT: Record<VendorName, VendorName> = { claude: 'ollama', ollama: 'openai', openai: 'claude' }

describe.each(VENDOR_NAMES)('%s first', (first) => {
  const next = NEXT[first]
  let app: TestApp
  beforeAll(async () => {
    app = await startTestApp({
      clock,
      env: vendors.settings(`${first},${next},local`, { [first]: { timeoutMs: 15_000 } }),
    })
  })
  afterAll(() => app.stop())
  beforeEach(async () => {
    await app.sql('DELETE FROM ai_provider_health')
    server(first).behave(answers(first, LEAD))
    server(next).behave(answers(next, LEAD))
  })

  test('gets a request in its own format, and answers', async () => {
    const before = server(first).requests.length
    const answer = await ask(app)
    expect(answer).toMatchObject({
      output: LEAD,
      usedProvider: first,
      attempts: [{ provider: first, ok: true, skipped: false, error: null }],
    })
    const request = server(first).requests[before]!
    expect(request.path).toBe(first === 'claude' ? '/v1/messages' : '/v1/chat/completions')
    if (first === 'claude') expect(request.headers['x-api-key']).toBe('key-of-claude')
    if (first === 'openai') expect(request.headers.authorization).toBe('Bearer key-of-openai')
    expect(request.body).toContain('ada@example.com')
    // Vendors refuse a schema with bounds.
    expect(request.body).toContain('json_schema')
    expect(request.body).not.toMatch(/"(minLength|maxLength|pattern|\$schema)":/)
    expect(await stateOf(app, first)).toMatchObject({
      healthy: true,
      circuit: 'CLOSED',
      totalCalls: 1,
      failedCalls: 0,
      successRate: 1,
      latencyP95Ms: expect.any(Number),
    })
  })

  test.each(FAULTS)(
    'after $what the next provider answers, and the failed one has the expected cooldown',
    async (fault) => {
      server(first).behave(fault.behaviour(first))
      const answer = await ask(app, { timeoutMs: fault.timeoutMs })
      expect(answer).toMatchObject({ output: LEAD, usedProvider: next })
      expect(answer.attempts).toMatchObject([
        { provider: first, ok: false, skipped: false, error: expect.stringMatching(fault.error) },
        { provider: next, ok: true },
      ])
      const state = await stateOf(app, first)
      expect(state).toMatchObject({
        totalCalls: 1,
        failedCalls: 1,
        successRate: 0,
        lastError: answer.attempts[0]!.error,
      })
      const asked = server(first).requests.length
      const again = await ask(app)
      if (fault.cooldownMs === null) {
        expect(state).toMatchObject({ healthy: true, circuit: 'CLOSED', cooldownUntil: null })
        expect(server(first).requests.length).toBe(asked + 1)
        return
      }
      expect(state).toMatchObject({ healthy: false, circuit: 'OPEN' })
      const left = Date.parse(state.cooldownUntil ?? '') - clock()
      expect(left).toBeGreaterThan(fault.cooldownMs - 10_000)
      expect(left).toBeLessThanOrEqual(fault.cooldownMs)
      expect(again.attempts[0]).toMatchObject({
        provider: first,
        skipped: true,
        error: expect.stringMatching(/^cooling down until/),
      })
      expect(server(first).requests.length).toBe(asked)
    },
  )

  test('is probed by one of many requests after its cooldown, and used again after a success', async () => {
    server(first).behave(fails(first, 500, 'api_error'))
    await ask(app)
    clock.advance(31_000)
    const asked = server(first).requests.length
    let answer = () => {}
    server(first).behave((exchange) => {
      answer = () => answers(first, LEAD)(exchange)
    })
    let answered = 0
    const one = async () => {
      const { usedProvider } = await ask(app)
      answered += 1
      return usedProvider
    }
    const waiting = Promise.all(Array.from({ length: 6 }, one))
    await until('the probe is under way, and the others are answered', () => answered === 5)
    expect(await stateOf(app, first)).toMatchObject({ circuit: 'HALF_OPEN', healthy: false })
    answer()
    const used = await waiting
    expect(used.filter((name) => name === first)).toHaveLength(1)
    expect(server(first).requests.length).toBe(asked + 1)
    expect(await stateOf(app, first)).toMatchObject({ circuit: 'CLOSED', healthy: true, cooldownUntil: null })
  })

  test('whose probe fails is skipped for twice as long', async () => {
    server(first).behave(fails(first, 500, 'api_error'))
    await ask(app)
    clock.advance(31_000)
    await ask(app)
    const left = Date.parse((await stateOf(app, first)).cooldownUntil ?? '') - clock()
    expect(left).toBeGreaterThan(50_000)
    expect(left).toBeLessThanOrEqual(60_000)
  })
})
