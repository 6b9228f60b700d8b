import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, expect, test } from 'vitest'
import { until } from '../harness.ts'
import { codeOf, read } from './pages.ts'

const SCRIPT = codeOf(read('docs/protocols.md')).find(({ language }) => language === 'python')?.text ?? ''
const hasPython = spawnSync('python3', ['--version']).status === 0
/** The client waits for a third of this between two calls. */
const TTL_SECONDS = 0.3

let client: ChildProcess | undefined
let server: Server | undefined
afterEach(async () => {
  if (client?.kill('SIGKILL')) await once(client, 'exit')
  server?.closeAllConnections()
  server?.close()
})

test.skipIf(!hasPython)('the client of docs/protocols.md survives every answer and registers again', async () => {
  /** The answers in order: the text of a body, or raw bytes that are no HTTP. */
  const answers: { raw?: string; body?: string }[] = [
    { raw: 'no HTTP at all\r\n\r\n' },
    { body: 'no JSON' },
    { body: '[]' },
    { body: '{"errors":[{"message":"forbidden"}]}' },
    { body: '{"data":{}}' },
    { body: '{"data":{}}' },
    { body: '{"errors":[{"message":"no such service"}]}' },
    { body: '{"data":{}}' },
  ]
  const calls: string[] = []
  const listener = createServer(async (request, response) => {
    const { query } = JSON.parse(await text(request))
    calls.push(query.includes('registerService') ? 'register' : 'beat')
    const answer = answers[calls.length - 1] ?? { body: '{"data":{}}' }
    if (answer.raw) request.socket.end(answer.raw)
    else response.end(answer.body)
  })
  server = listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/graphql`
  const script = `${SCRIPT.replace('http://aetherlink:8010/graphql', url)}
announce({"name": "crm", "url": "http://crm:8000", "ttlSeconds": ${TTL_SECONDS}})`
  client = spawn('python3', ['-c', script], { stdio: ['ignore', 'pipe', 'pipe'] })
  const python = client
  await until('the last call', () => calls.length > answers.length || python.exitCode !== null, 30_000)
  expect(python.exitCode).toBeNull()
  expect(calls.slice(0, answers.length + 1)).toEqual([
    'register',
    'register',
    'register',
    'register',
    'register',
    'beat',
    'beat',
    'register',
    'beat',
  ])
})
