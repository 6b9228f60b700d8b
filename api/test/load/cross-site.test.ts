import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeKey } from '../conformance/sockets.ts'
import { startTestApp, type TestApp } from '../harness.ts'

let app: TestApp
let bearer: string
beforeAll(async () => {
  app = await startTestApp()
  bearer = (await makeKey(app)).key
})
afterAll(() => app?.stop())

describe('cross-site requests of a browser', () => {
  const publish = 'mutation { publishEvent(input: { type: "forged", source: "elsewhere" }) { event { id } } }'
  const forms: [string, RequestInit][] = [
    ['a form', { body: new URLSearchParams({ query: publish }) }],
    ['a form with files', { body: formData({ operations: JSON.stringify({ query: publish }) }) }],
    ['text', { body: JSON.stringify({ query: publish }), headers: { 'content-type': 'text/plain' } }],
    ['bytes of no type', { body: Buffer.from(JSON.stringify({ query: publish })) }],
  ]
  test.each(forms)('%s is not an operation, even with credentials', async (_what, init) => {
    const response = await app.http('/graphql', { method: 'POST', ...init }, { as: { bearer } })
    expect(response.status).toBe(415)
    expect(await response.json()).toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT', path: ['body'] } }],
    })
    expect(await app.sql("SELECT 1 FROM events WHERE type = 'forged'")).toEqual([])
  })

  test('a link carries no credentials, and a GET with credentials only reads', async () => {
    const open = (query: string, as: object | null) =>
      app.http(
        `/graphql?query=${encodeURIComponent(query)}`,
        { headers: { cookie: `authorization=${bearer}` } },
        { as: as as null },
      )
    expect((await open('{ viewer { roles } }', null)).status).toBe(401)
    expect((await open('{ viewer { roles } }', { bearer })).status).toBe(200)
    expect((await open(publish, { bearer })).status).toBe(405)
  })
})

function formData(fields: Record<string, string>): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  return form
}
