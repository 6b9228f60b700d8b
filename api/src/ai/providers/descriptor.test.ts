import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseEnv } from '../../env.ts'
import { loadDescriptor } from './descriptor.ts'
import { loadProviders } from './registry.ts'

const folder = mkdtempSync(join(tmpdir(), 'descriptor-'))
let files = 0
function file(text: string): string {
  const path = join(folder, `${++files}.yaml`)
  writeFileSync(path, text)
  return path
}

const env = (more: Record<string, string> = {}) =>
  parseEnv({
    DATABASE_URL: 'postgresql://x@127.0.0.1/x',
    REDIS_URL: 'redis://127.0.0.1',
    SECRET_KEY: Buffer.alloc(32).toString('base64'),
    ...more,
  })

test('the default one has the four providers in their order, and only local works without settings', () => {
  const providers = loadProviders(env(), Date.now)
  expect(providers.map(({ name, priority, missing }) => [name, priority, missing === null])).toEqual([
    ['claude', 1, false],
    ['ollama', 2, false],
    ['openai', 3, false],
    ['local', 4, true],
  ])
})

test('PROVIDER_ORDER replaces the order, and groups share a place', () => {
  const providers = loadProviders(
    env({ PROVIDER_ORDER: 'openai, claude|ollama ,local', OPENAI_API_KEY: 'k' }),
    Date.now,
  )
  expect(providers.map(({ name, priority }) => `${priority} ${name}`)).toEqual([
    '1 openai',
    '2 claude',
    '2 ollama',
    '3 local',
  ])
  expect(providers[0]!.missing).toBeNull()
})

test('a custom provider has its address and its key file in the descriptor', () => {
  writeFileSync(join(folder, 'key'), 'secret\n')
  const path = file(`version: 1
order: [inhouse]
providers:
  inhouse: { vendor: openai-compatible, model: m, url: 'http://127.0.0.1:9/v1', apiKeyFile: key, capabilities: [extract-lead] }
`)
  expect(loadProviders(env({ AI_PROVIDERS_FILE: path }), Date.now)).toMatchObject([
    { name: 'inhouse', missing: null, timeoutMs: 8_000, concurrency: 8, circuit: { failures: 1, cooldownSeconds: 30 } },
  ])
})

test.each([
  ['{', 'is not valid YAML'],
  ['version: 2\norder: [a]\nproviders: {}', 'version'],
  ['version: 1\norder: []\nproviders: {}', 'order'],
  ['version: 1\norder: [a]\nproviders: {}', 'names a'],
  [
    'version: 1\norder: [a, a]\nproviders: { a: { vendor: local, model: m, capabilities: [extract-lead] } }',
    'more than once',
  ],
  [
    'version: 1\norder: [a]\nproviders: { a: { vendor: other, model: m, capabilities: [extract-lead] } }',
    'providers.a.vendor',
  ],
  [
    'version: 1\norder: [a]\nproviders: { a: { vendor: local, model: m, capabilities: [poetry] } }',
    'providers.a.capabilities.0',
  ],
  [
    'version: 1\norder: [a]\nproviders: { a: { vendor: local, model: m, capabilities: [extract-lead], timeout: 5 } }',
    'timeout',
  ],
  [
    'version: 1\norder: [a]\nproviders: { a: { vendor: local, model: m, capabilities: [extract-lead], timeoutMs: 1 } }',
    'providers.a.timeoutMs',
  ],
])('%s stops the start, and its message says where', (text, where) => {
  expect(() => loadDescriptor(file(text), null)).toThrow(where)
})

test('an error in PROVIDER_ORDER or a key file stops the start with the setting’s name', () => {
  expect(() => loadProviders(env({ PROVIDER_ORDER: 'claude,gemini' }), Date.now)).toThrow('PROVIDER_ORDER names gemini')
  expect(() => env({ PROVIDER_ORDER: 'Claude!' })).toThrow('PROVIDER_ORDER')
  const path = file(
    'version: 1\norder: [a]\nproviders: { a: { vendor: openai, model: m, apiKeyFile: none, capabilities: [extract-lead] } }',
  )
  expect(() => loadProviders(env({ AI_PROVIDERS_FILE: path }), Date.now)).toThrow('providers.a.apiKeyFile')
})
