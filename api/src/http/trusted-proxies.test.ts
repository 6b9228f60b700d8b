import { request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeKey, signedIn } from '../../test/conformance/sockets.ts'
import { startTestApp, type TestApp, until } from '../../test/harness.ts'

/** One API behind a proxy on this machine, and one that the tests reach directly. */
let behind: TestApp
let open: TestApp
beforeAll(async () => {
  behind = await startTestApp({ env: { TRUSTED_PROXIES: '127.0.0.0/8, 10.0.0.0/8' } })
  open = await startTestApp({ beside: behind })
})
afterAll(async () => {
  await open.stop()
  await behind.stop()
})

const NAMED = { 'x-forwarded-for': '8.8.8.8, 203.0.113.7, 10.0.0.2' }
const CREATE = 'mutation { createTenant(input: { id: "tenant-ID", name: "ID" }) { tenant { id } } }'
const PUBLISH = 'mutation { publishEvent(input: { source: "s", type: "t.ID" }) { event { clientIp } } }'

/** The client address of a tenant's creation in the audit trail. */
async function createdFrom(app: TestApp, id: string): Promise<string | undefined> {
  const { auditEntries } = await app.ok<{ auditEntries: { nodes: { targetId: string; clientIp: string }[] } }>(
    '{ auditEntries(first: 50, filter: { actions: ["tenant.create"] }) { nodes { targetId clientIp } } }',
  )
  return auditEntries.nodes.find(({ targetId }) => targetId === id)?.clientIp
}

const lineOf = (app: TestApp, requestId: string) =>
  until('its line', () => app.requests.find((line) => line.request_id === requestId))

test.each([
  ['behind a trusted proxy is the forwarded one', () => behind, '203.0.113.7'],
  ['of an untrusted peer is its own, whatever it forwards', () => open, '127.0.0.1'],
] as const)('the address of a client %s: in events, the audit trail and the log', async (_, appOf, expected) => {
  const app = appOf()
  const id = expected.replaceAll('.', '-')
  const headers = { ...NAMED, 'x-request-id': `request-${id}` }
  expect(await app.ok(PUBLISH.replace('ID', 'a'), {}, { headers })).toEqual({
    publishEvent: { event: { clientIp: expected } },
  })
  expect(await lineOf(app, `request-${id}`)).toMatchObject({ client_ip: expected })
  await app.ok(CREATE.replace('ID', id), {}, { headers })
  expect(await createdFrom(app, `tenant-${id}`)).toBe(expected)

  // The address of a WebSocket is that of its opening request.
  const { key } = await makeKey(app)
  const { send, received, socket } = await signedIn(app, {
    key,
    headers: { ...headers, 'x-request-id': `socket-${id}` },
  })
  send({ type: 'subscribe', id: '1', payload: { query: PUBLISH.replace('ID', 'b') } })
  expect(await received('next', '1')).toMatchObject({
    payload: { data: { publishEvent: { event: { clientIp: expected } } } },
  })
  expect(await lineOf(app, `socket-${id}.1`)).toMatchObject({ client_ip: expected })
  socket.terminate()
})

test('repeated headers are combined in order', async () => {
  const requestId = 'request-of-several'
  await new Promise((resolve, reject) => {
    const asked = request(`${behind.url}/ping`, {
      headers: { 'x-forwarded-for': ['8.8.8.8', '203.0.113.9', '10.0.0.2:8080'], 'x-request-id': requestId },
    })
    asked
      .on('response', (response) => response.resume().on('end', resolve))
      .on('error', reject)
      .end()
  })
  expect(await lineOf(behind, requestId)).toMatchObject({ client_ip: '203.0.113.9' })
})
