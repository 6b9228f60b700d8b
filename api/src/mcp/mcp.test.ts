import { parse, validate } from 'graphql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../test/harness.ts'
import { schema } from '../schema.ts'
import { frozen } from './replay-tools.ts'
import { TOOLS } from './server.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app.stop())

test('a request without a key and a batch are refused', async () => {
  const body = JSON.stringify([{ jsonrpc: '2.0', id: 1, method: 'tools/list' }])
  const init = {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
  }
  expect((await app.http('/mcp', init, { as: null })).status).toBe(401)
  expect((await app.http('/mcp', init)).status).toBe(400)
  expect((await app.http('/mcp')).status).toBe(405)
})

test.each(TOOLS.map((tool) => [tool.name, tool] as const))(
  '%s asks for what the schema has',
  (_name, { documents }) => {
    for (const document of documents) expect(validate(schema, parse(document))).toEqual([])
  },
)

test('the times of a preview’s filter are fixed', () => {
  const now = Date.parse('2026-11-29T12:00:00Z')
  expect(frozen({ window: 'LAST_1H', errorKinds: ['TIMEOUT'] }, now)).toEqual({
    errorKinds: ['TIMEOUT'],
    since: '2026-11-29T11:00:00.000Z',
    until: '2026-11-29T12:00:00.000Z',
  })
})
