import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { keepRegistered, webRegistration } from './registration.ts'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** Starts an API that answers each operation with the result of `answer`. */
async function startApi(answer: (body: { query: string; variables: Record<string, unknown> }) => object) {
  const calls: { query: string; variables: Record<string, unknown>; authorization: string | undefined }[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk) => {
      text += chunk
    })
    request.on('end', () => {
      const body = JSON.parse(text)
      calls.push({ ...body, authorization: request.headers.authorization })
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer(body)))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => server.close())
  return { calls, url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`) }
}

const settings = (api: URL) => ({ api, host: '127.0.0.1', port: 3000, version: '2.0.0' })

test('the web server registers with its key, and not without one', async () => {
  const api = await startApi(() => ({ data: {} }))
  expect(webRegistration(settings(api.url), {})).toBeNull()
  const registration = webRegistration(settings(api.url), { AETHERLINK_SERVICE_KEY: 'alk_x' })
  closing.push(keepRegistered(registration!, () => {}))
  await expect.poll(() => api.calls.length).toBe(1)
  expect(api.calls[0]).toMatchObject({
    authorization: 'Bearer alk_x',
    variables: {
      input: { name: 'aetherlink-web', url: 'http://127.0.0.1:3000', healthUrl: 'http://127.0.0.1:3000/health.json' },
    },
  })
})

test('a refusing or unavailable API is reported once and breaks nothing', async () => {
  const warnings: string[] = []
  const refusing = await startApi(() => ({ errors: [{ message: 'no' }] }))
  for (const url of [refusing.url, new URL('http://127.0.0.1:1/graphql')]) {
    const registration = webRegistration(settings(url), { AETHERLINK_SERVICE_KEY: 'alk_x' })
    closing.push(keepRegistered(registration!, (message) => warnings.push(message)))
  }
  await expect.poll(() => warnings.length).toBe(2)
  expect(warnings.some((message) => message.endsWith('no'))).toBe(true)
})
