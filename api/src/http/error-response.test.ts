import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../test/harness.ts'
import { createDevSignIn } from '../access/dev-sign-in.ts'

// Nothing listens on port 1, so the servers of this API are unavailable.
let app: TestApp
let bearer: string
beforeAll(async () => {
  app = await startTestApp({ away: true })
  bearer = (await createDevSignIn(app.core).signIn({ role: 'ADMIN' })).token
})
afterAll(() => app.stop())

test('an unavailable database is UNAVAILABLE, not a bug', async () => {
  expect(await app.fails('{ tenants { id } }', {}, { as: { bearer } })).toMatchObject({
    code: 'UNAVAILABLE',
    path: undefined,
  })
  const input = { type: 'a', source: 'b' }
  const publish = 'mutation ($input: PublishEventInput!) { publishEvent(input: $input) { event { id } } }'
  expect(await app.fails(publish, { input }, { as: { bearer } })).toMatchObject({ code: 'UNAVAILABLE' })
})

test('a key that cannot be checked does not count as unknown', async () => {
  const { status, errors } = await app.gql('{ __typename }', {}, { as: { bearer: 'alk_some-key-or-other-000' } })
  expect(status).toBe(503)
  expect(errors?.[0]?.extensions.code).toBe('UNAVAILABLE')
})

test('/ready names the unavailable server, /health reports that the process is up', async () => {
  const response = await app.http('/ready', {}, { as: { bearer } })
  expect(response.status).toBe(503)
  expect(await response.json()).toMatchObject({
    status: 'down',
    components: {
      postgres: { status: 'down', reason: 'it cannot be reached' },
      redis: { status: 'down', reason: 'it cannot be reached' },
    },
  })
  const anonymous = await app.http('/ready', {}, { as: null })
  expect([anonymous.status, await anonymous.json()]).toEqual([503, { status: 'down' }])
  expect((await app.http('/health', {}, { as: null })).status).toBe(200)
})
