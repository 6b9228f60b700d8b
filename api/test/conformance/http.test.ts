import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { serverAudits } from 'graphql-http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../harness.ts'

/**
 * Conformance to GraphQL over HTTP. The audits of graphql-http check the MUST, SHOULD and MAY rules of the
 * specification.
 */

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app.stop())

const URL_OF_API = 'http://api.test/graphql'

const overSocket = (url: string, init: RequestInit) => app.http(url.slice(URL_OF_API.length - '/graphql'.length), init)

/** A fetch that goes through the complete server, but not through the network. */
async function inProcess(url: string, init: RequestInit = {}): Promise<Response> {
  const { pathname, search, host } = new URL(url)
  const headers = { ...(init.headers as Record<string, string>), authorization: await bearer(), host }
  const asked = request({
    path: `${pathname}${search}`,
    method: init.method ?? 'GET',
    headers,
    createConnection: app.connect,
  })
  asked.end(init.body)
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return new Response(Buffer.concat(chunks), {
    status: response.statusCode ?? 0,
    headers: Object.entries(response.headers).map(([name, value]): [string, string] => [name, String(value)]),
  })
}

async function bearer(): Promise<string> {
  const body = JSON.stringify({ role: 'ADMIN' })
  const response = await app.http('/auth/dev', {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  })
  return `Bearer ${((await response.json()) as { token: string }).token}`
}

describe.each([
  { how: 'in process', fetchFn: inProcess },
  { how: 'over a socket', fetchFn: overSocket },
])('$how', ({ fetchFn }) => {
  test.each(serverAudits({ url: URL_OF_API, fetchFn }))('$name ($id)', async ({ fn }) => {
    expect(await fn()).toMatchObject({ status: 'ok' })
  })
})
