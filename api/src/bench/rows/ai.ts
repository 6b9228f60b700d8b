import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pool, request } from 'undici'
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

/** Publishes while 200 concurrent AI requests wait for a provider that hangs, in the same API process. */
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
      await publishTimes(stack, origin, tenantId, total / 4)
      const before = percentile(await publishTimes(stack, origin, tenantId, total), 99)
      advance(0.4)
      const asking = keepAsking(stack, origin, tenantId)
      const meanwhile = percentile(await publishTimes(stack, origin, tenantId, total), 99)
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

/**
 * Sends CONCURRENT requests at once, and again when they have ended, until `end` is called. `end` returns how long each
 * took (ms).
 */
function keepAsking(stack: Stack, origin: string, tenantId: string): { end(): Promise<number[]> } {
  const taken: number[] = []
  let isOver = false
  const input = {
    intent: 'extract-lead',
    input: { text: 'Jane Doe, jane@example.com' },
    tenantId,
    timeoutMs: TIMEOUT_MS,
  }
  const body = JSON.stringify({ query: ORCHESTRATE, variables: { input } })
  const ask = async () => {
    const at = performance.now()
    const response = await request(`${origin}/graphql`, { method: 'POST', headers: stack.headers, body })
    const text = await response.body.text()
    taken.push(performance.now() - at)
    // UNAVAILABLE is expected too: the provider that hangs may leave no time for the next one.
    if (!/"usedProvider":"local"|"code":"UNAVAILABLE"/.test(text))
      throw new Error(`orchestrate answered ${text.slice(0, 300)}`)
  }
  const asking = (async () => {
    while (!isOver) {
      await Promise.all(Array.from({ length: CONCURRENT }, ask))
      // Closes the circuit of the provider that hangs, which would be skipped otherwise.
      await stack.db.query('DELETE FROM ai_provider_health')
    }
  })()
  // `end` reports the error.
  asking.catch(() => {})
  return {
    async end() {
      isOver = true
      await asking
      return taken
    },
  }
}
