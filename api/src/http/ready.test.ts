import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp, until } from '../../test/harness.ts'

// Nothing listens on port 1 of this machine.
let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ env: { REDIS_URL: 'redis://:hidden@127.0.0.1:1' } })
})
afterAll(() => app.stop())

test('without Redis events are accepted: /ready is 200 and degraded, and the log reports it once', async () => {
  await app.ok('mutation { publishEvent(input: { type: "a.b", source: "s" }) { event { id } } }')
  const anonymous = await app.http('/ready', {}, { as: null })
  expect([anonymous.status, await anonymous.json()]).toEqual([200, { status: 'degraded' }])
  const response = await app.http('/ready', {}, { as: { role: 'VIEWER' } })
  expect(await response.json()).toMatchObject({
    status: 'degraded',
    components: { postgres: { status: 'ok' }, redis: { status: 'down', reason: 'it cannot be reached' } },
  })
  const warnings = () => app.logs.filter(({ level, msg }) => level === 'warn' && msg.startsWith('Redis (REDIS_URL)'))
  await until('it is logged', () => warnings().length > 0)
  expect(warnings()).toMatchObject([{ redis: '127.0.0.1:1' }])
  expect(JSON.stringify(app.logs)).not.toContain('hidden')
})
