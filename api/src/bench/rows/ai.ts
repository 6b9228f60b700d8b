import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pool } from 'undici'
import { stringify } from 'yaml'
import { percentile } from '../figures.ts'
import { atRate } from '../load.ts'
import { freshTenant, PUBLISH, type Row, sample } from '../row.ts'
import type { Stack } from '../stack.ts'

const CONCURRENT = 200
const TIMEOUT_MS = 3_000
const PUBLISHES_PER_SECOND = 100
const SECONDS = 20

const ORCHESTRATE = `mutation Orchestrate($input: OrchestrateInput!) { orchestrate(input: $input) { usedProvider } }`

/**
 * Publishes while 200 concurrent AI requests wait for a provider that hangs, in the same API process. The control are
 * the same bursts of requests that need no work: they show how much of the delay has its cause in HTTP and in the share
 * of the processors that the sender takes.
 */
export const ai: Row = {
  name: 'ai',
  async run(stack, { scale, advance }) {
    const directory = mkdtempSync(join(tmpdir(), 'aetherlink-bench-'))
    try {
      const origin = await stack.anotherApi('server.js', settings(stack, directory))
      const tenantId = freshTenant()
      await stack.graphql('mutation ($id: String!) { createTenant(input: { id: $id, name: $id }) { tenant { id } } }', {
        id: tenantId,
      })
      const total = Math.max(2 * PUBLISHES_PER_SECOND, Math.round(PUBLISHES_PER_SECOND * SECONDS * scale))
      const publishP99 = async (count: number) => percentile(await publishTimes(stack, origin, tenantId, count), 99)
      const askAll = () => askAtOnce(stack, origin, tenantId)
      // The first requests load the vendors' SDKs and compile code.
      await publishP99(total / 4)
      await askAll()
      const before = await publishP99(total)
      advance(0.3)
      const trivial = keepUp(() => sendTrivialAtOnce(stack, origin))
      const control = await publishP99(total)
      await trivial.end()
      advance(0.6)
      const asking = keepUp(askAll)
      const meanwhile = await publishP99(total)
      const asked = await asking.end()
      return [
        {
          name: 'ai publish',
          what: `publishEvent p99 while ${CONCURRENT} AI requests wait for a provider that hangs`,
          unit: 'ms',
          value: meanwhile,
          limit: { what: 'before', value: before },
          goal: { value: 1.5 * before, atMost: true },
        },
        {
          name: 'ai publish control',
          what: `the same, compared with bursts of ${CONCURRENT} requests that need no work`,
          unit: 'ms',
          value: meanwhile,
          limit: { what: 'control', value: control },
          goal: { value: 1.5 * control, atMost: true },
        },
        {
          name: 'ai longest',
          what: `longest of ${asked.length} AI requests with a limit of ${TIMEOUT_MS} ms`,
          unit: 'ms',
          value: Math.max(...asked),
          limit: null,
          goal: { value: TIMEOUT_MS, atMost: true },
        },
      ]
    } finally {
      rmSync(directory, { recursive: true })
    }
  },
}

/** Settings with several providers. The first one hangs, and accepts as many concurrent requests as are sent. */
function settings({ receiverOrigin }: Stack, directory: string): Record<string, string> {
  const provider = { capabilities: ['extract-lead'], concurrency: CONCURRENT, circuit: { failures: 100 } }
  const file = join(directory, 'providers.yaml')
  writeFileSync(
    file,
    stringify({
      version: 1,
      order: ['claude', 'local'],
      providers: {
        claude: { vendor: 'anthropic', model: 'hangs', ...provider },
        local: { vendor: 'local', model: 'deterministic', timeoutMs: 1_000, ...provider },
      },
    }),
  )
  return {
    AI_PROVIDERS_FILE: file,
    AI_CONCURRENCY: String(CONCURRENT),
    AI_TENANT_CONCURRENCY: String(CONCURRENT),
    CLAUDE_URL: `${receiverOrigin}/hang`,
    CLAUDE_API_KEY: 'bench',
  }
}

/** Publishes `total` events at a fixed rate, and returns how long each took (ms). */
async function publishTimes(stack: Stack, origin: string, tenantId: string, total: number): Promise<number[]> {
  const pool = new Pool(origin, { connections: 64, pipelining: 1 })
  const taken: number[] = []
  await atRate(PUBLISHES_PER_SECOND, total, async (i) => {
    const at = performance.now()
    const body = JSON.stringify({ query: PUBLISH, variables: { input: sample(tenantId, i) } })
    const response = await pool.request({ method: 'POST', path: '/graphql', headers: stack.headers, body })
    const text = await response.body.text()
    if (text.includes('"errors"')) throw new Error(`publishEvent answered ${text.slice(0, 300)}`)
    taken.push(performance.now() - at)
  })
  await pool.close()
  return taken
}

/** Repeats bursts of requests until `end` is called. `end` resolves with how long each request took (ms). */
function keepUp(burst: () => Promise<number[]>): { end(): Promise<number[]> } {
  const taken: number[] = []
  let isOver = false
  const running = (async () => {
    while (!isOver) taken.push(...(await burst()))
  })()
  // `end` reports the error.
  running.catch(() => {})
  return {
    async end() {
      isOver = true
      await running
      return taken
    },
  }
}

/** A burst of AI requests. Resolves with how long each took (ms). */
async function askAtOnce(stack: Stack, origin: string, tenantId: string): Promise<number[]> {
  // Closes the circuit of the provider that hangs, which would be skipped otherwise.
  await stack.db.query('DELETE FROM ai_provider_health')
  const input = {
    intent: 'extract-lead',
    input: { text: 'Jane Doe, jane@example.com' },
    tenantId,
    timeoutMs: TIMEOUT_MS,
  }
  // UNAVAILABLE is expected too: the provider that hangs may leave no time for the next one.
  const expected = '"usedProvider":"local"|"code":"UNAVAILABLE"'
  return stack.burst({ origin, operation: { query: ORCHESTRATE, variables: { input } }, count: CONCURRENT, expected })
}

/** A burst of requests that need no work, which is as long as one of AI requests. */
async function sendTrivialAtOnce(stack: Stack, origin: string): Promise<number[]> {
  const end = new Promise((resolve) => setTimeout(resolve, TIMEOUT_MS))
  const operation = { query: '{ __typename }' }
  const taken = await stack.burst({ origin, operation, count: CONCURRENT, expected: '"__typename":"Query"' })
  await end
  return taken
}
