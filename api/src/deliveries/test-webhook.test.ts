import { Webhook as StandardWebhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ACME, makeWebhook } from '../../test/features/deliveries.ts'
import { startTestApp, type TestApp } from '../../test/harness.ts'
import { hang, ok, startReceiver, status } from '../../test/servers/receivers.ts'
import { tryUuid } from '../kit/ids.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app?.stop())

const TEST = `mutation ($id: ID!) { testWebhook(id: $id) { attempt { id number statusCode errorKind error requestHeaders responseHeaders responseBody } } }`
interface Tested {
  testWebhook: {
    attempt: {
      id: string
      statusCode: number | null
      errorKind: string | null
      requestHeaders: Record<string, string>
      [field: string]: unknown
    }
  }
}

test('a test sends a signed request in any state, is stored as an attempt without a delivery, and does not affect the circuit', async () => {
  const receiver = await startReceiver(ok(200, 'hello', { 'set-cookie': 'session=1' }))
  try {
    const { id, secret } = await makeWebhook(app, {
      url: `${receiver.url}/in`,
      headers: { Authorization: 'Bearer hush', 'X-Team': 't' },
    })
    await app.sql(`UPDATE webhooks SET state = 'DISABLED', circuit = 'OPEN' WHERE id = $1`, [tryUuid('whk', id)])
    const { attempt } = (await app.ok<Tested>(TEST, { id }, { as: ACME })).testWebhook
    expect(attempt).toMatchObject({
      number: 1,
      statusCode: 200,
      errorKind: null,
      error: null,
      responseBody: 'hello',
      responseHeaders: { 'set-cookie': '[redacted]' },
      requestHeaders: { Authorization: '[redacted]', 'X-Team': 't' },
    })
    const [request] = receiver.requests
    expect(request?.headers).toMatchObject({ authorization: 'Bearer hush', 'x-team': 't' })
    const verified = new StandardWebhook(secret).verify(request!.body, request!.headers as Record<string, string>)
    expect(verified).toMatchObject({ type: 'webhook.test' })
    expect(
      await app.sql('SELECT delivery_id FROM delivery_attempts WHERE id = $1', [tryUuid('att', attempt.id)]),
    ).toEqual([{ delivery_id: null }])
    const { node } = await app.ok<{ node: { health: { total: number } } }>(
      'query ($id: ID!) { node(id: $id) { ... on Webhook { health { total } } } }',
      { id },
      { as: ACME },
    )
    expect(node.health.total).toBe(0)

    const rotated = await app.ok<{ rotateWebhookSecret: { secret: string } }>(
      'mutation ($id: ID!) { rotateWebhookSecret(id: $id) { secret } }',
      { id },
      { as: ACME },
    )
    await app.ok<Tested>(TEST, { id }, { as: ACME })
    const second = receiver.requests[1]!
    for (const each of [secret, rotated.rotateWebhookSecret.secret]) {
      new StandardWebhook(each).verify(second.body, second.headers as Record<string, string>)
    }
  } finally {
    await receiver.close()
  }
})

test('a receiver that fails, hangs or is unreachable yields an attempt with an error', async () => {
  const receiver = await startReceiver(status(500, {}, 'broken'))
  const { id } = await makeWebhook(app, { url: receiver.url, timeoutMs: 200 })
  const outcome = async () => (await app.ok<Tested>(TEST, { id }, { as: ACME })).testWebhook.attempt
  try {
    expect(await outcome()).toMatchObject({ statusCode: 500, errorKind: 'HTTP_5XX', responseBody: 'broken' })
    receiver.behave(hang())
    expect(await outcome()).toMatchObject({ statusCode: null, errorKind: 'TIMEOUT', responseHeaders: null })
  } finally {
    await receiver.close()
  }
  expect(await outcome()).toMatchObject({ statusCode: null, errorKind: 'CONNECT' })
})
