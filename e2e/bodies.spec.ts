import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from '@playwright/test'
import { visitAs } from './support.ts'

/** Sends a request head without its body. Returns the response of the server, which must then close the connection. */
async function answerTo(url: string, method: string, headers: Record<string, string>) {
  const { hostname, port, pathname } = new URL(url)
  const socket = connect(Number(port), hostname)
  const lines = Object.entries({
    host: `${hostname}:${port}`,
    'content-type': 'application/json',
    'sec-fetch-site': 'same-origin',
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  let text = ''
  socket.setEncoding('utf8').on('data', (part) => {
    text += part
  })
  socket.write(`${method} ${pathname} HTTP/1.1\r\n${lines.join('')}\r\n`)
  await once(socket, 'close')
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]), text }
}

test('a body that is too long or has no length is refused before it is read', async ({ page, baseURL }) => {
  await visitAs(page, 'Operator', '/deliveries')
  const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ')
  const huge = { 'content-length': '520000000' }
  const chunked = { 'transfer-encoding': 'chunked' }
  for (const [path, method] of [
    ['/session', 'POST'],
    ['/session/tenant', 'PUT'],
    ['/graphql', 'POST'],
  ] as const) {
    const form = path === '/graphql' ? 'application/graphql-response+json' : 'application/problem+json'
    const long = await answerTo(baseURL + path, method, { cookie, ...huge })
    expect([path, long.status]).toEqual([path, 413])
    expect(long.text).toContain(`content-type: ${form}`)
    const unsaid = await answerTo(baseURL + path, method, { cookie, ...chunked })
    expect([path, unsaid.status]).toEqual([path, 411])
    expect(unsaid.text).toContain(`content-type: ${form}`)
  }
  expect((await answerTo(`${baseURL}/session`, 'POST', { 'content-length': '4097' })).status).toBe(413)
  for (const headers of [huge, chunked, { 'content-length': '1' }])
    expect((await answerTo(`${baseURL}/deliveries`, 'POST', { cookie, ...headers })).status).toBe(413)
})
