import { afterAll, beforeAll, expect, test } from 'vitest'
import { type As, startTestApp, type TestApp } from '../../../test/harness.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app.stop())

const publish = (as: As, type: string, source = 'shop') =>
  app.ok<{
    publishEvents: { results: { event: { id: string } | null; error: { code: string; message: string } | null }[] }
  }>(
    'mutation ($input: [PublishEventInput!]!) { publishEvents(input: $input) { results { event { id } error { code message } } } }',
    { input: [{ type, source, tenantId: 'tenant-a' }] },
    { as },
  )
const outcome = async (...args: Parameters<typeof publish>) => {
  const [result] = (await publish(...args)).publishEvents.results
  return result?.error?.code ?? 'published'
}

test('tenants and programs may not publish reserved types', async () => {
  const those: As[] = [
    { role: 'AGENT', tenantId: 'tenant-a' },
    { role: 'ADMIN', tenantId: 'tenant-a' },
  ]
  for (const as of those) {
    for (const type of ['ops.alert.raised', 'ops.alert.resolved', 'security.rbac.violation', 'webhook.disabled'])
      expect(await outcome(as, type), type).toBe('FORBIDDEN')
    expect(await outcome(as, 'order.created', 'aetherlink')).toBe('FORBIDDEN')
    for (const type of [
      'autoheal.failed',
      'ops.autoheal.performed',
      'service.health.failed',
      'opsalert.x',
      'securitycam.on',
    ])
      expect(await outcome(as, type, 'aetherlink-ui'), type).toBe('published')
  }
  const headers = { 'content-type': 'application/cloudevents+json' }
  const body = JSON.stringify({ specversion: '1.0', id: '1', type: 'ops.alert.raised', source: 'shop' })
  const answer = await app.http('/events', { method: 'POST', body, headers }, { as: those[0]! })
  expect(answer.status).toBe(403)
  expect(
    await app.sql(
      `SELECT FROM events WHERE type LIKE 'ops.alert.%' OR type LIKE 'security.%' AND source <> 'aetherlink'`,
    ),
  ).toEqual([])
})

test('an OPERATOR without a tenant may publish reserved types', async () => {
  expect(await outcome({ role: 'OPERATOR' }, 'ops.alert.raised', 'aetherlink')).toBe('published')
})
