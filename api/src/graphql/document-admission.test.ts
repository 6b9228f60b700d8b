import { hash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeKey, signedIn } from '../../test/conformance/sockets.ts'
import { startTestApp, type TestApp, until } from '../../test/harness.ts'
import { subscribe } from '../../test/streams.ts'
import { TRANSPORTS } from '../../test/transports.ts'
import { SettingsError } from '../env.ts'
import { loadPersistedDocuments } from './persisted.ts'

const sha256 = (text: string) => hash('sha256', text)

const ROLES = 'query Roles { viewer { roles } }'
const NAMED = 'query Named($name: String!) { eventType(name: $name) { name } }'
const STATS = 'subscription Stats { deliveryStats { pending } }'
const PUBLISH = 'mutation Publish { publishEvent(input: { type: "listed.type", source: "shop" }) { event { type } } }'
const UNLISTED = '{ viewer { tenantId } }'

const folder = mkdtempSync(join(tmpdir(), 'aetherlink-operations-'))
afterAll(() => rmSync(folder, { recursive: true }))
const write = (name: string, text: string): string => {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}
write('manifest.json', JSON.stringify({ [`sha256:${sha256(ROLES)}`]: ROLES, [sha256(STATS)]: STATS }))
write('named.graphql', `${NAMED}\n`)
write('publish.gql', PUBLISH)
write('README.md', 'not a document')

const settings = { PERSISTED_OPERATIONS: folder }

describe('a persisted document', () => {
  let app: TestApp
  let bearer: string
  beforeAll(async () => {
    app = await startTestApp({ env: settings })
    await app.ok('mutation { registerEventType(input: { name: "order.created", description: "x" }) { created } }')
    bearer = (await makeKey(app)).key
  })
  afterAll(() => app.stop())

  const named = (text: string) => ({ extensions: { persistedQuery: { version: 1, sha256Hash: sha256(text) } } })

  describe.each(Object.entries(TRANSPORTS))('%s', (name, transport) => {
    const send = (params: object) => transport(app, bearer, JSON.stringify(params))
    // The WebSocket protocol requires a `query`, which may be empty.
    const query = name === 'on a socket' ? { query: '' } : {}

    test('is identified by its SHA-256, as documentId or as in Apollo, and accepts variables', async () => {
      expect(await send({ ...query, documentId: `sha256:${sha256(ROLES)}` })).toMatchObject({
        data: { viewer: { roles: ['ADMIN'] } },
      })
      expect(await send({ ...query, documentId: sha256(NAMED), variables: { name: 'order.created' } })).toMatchObject({
        data: { eventType: { name: 'order.created' } },
      })
      // The digest of the file, whose line break is one of its bytes.
      const ofFile = { documentId: sha256(`${NAMED}\n`), variables: { name: 'order.created' } }
      expect(await send({ ...query, ...ofFile })).toMatchObject({ data: { eventType: { name: 'order.created' } } })
      expect(await send({ ...query, ...named(ROLES), operationName: 'Roles' })).toMatchObject({
        data: { viewer: { roles: ['ADMIN'] } },
      })
    })

    test('runs by its id, regardless of the text that accompanies it', async () => {
      expect(await send({ query: UNLISTED, ...named(ROLES) })).toMatchObject({ data: { viewer: { roles: ['ADMIN'] } } })
    })

    test('other documents run by their text, with or without an id', async () => {
      expect(await send({ query: UNLISTED })).toMatchObject({ data: { viewer: { tenantId: null } } })
      expect(await send({ query: UNLISTED, ...named(UNLISTED) })).toMatchObject({
        data: { viewer: { tenantId: null } },
      })
    })

    test('an invalid or unknown id is refused', async () => {
      const unknown = await send({ ...query, ...named(UNLISTED) })
      expect(unknown.errors).toMatchObject([{ extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }])
      if (name !== 'on a socket') expect(unknown.status).toBe(404)
      const wrong: [object, string[]][] = [
        [{ documentId: 'Roles' }, ['documentId']],
        [{ documentId: 7 }, ['documentId']],
        [{ documentId: `md5:${sha256(ROLES)}` }, ['documentId']],
        [{ extensions: { persistedQuery: {} } }, ['extensions', 'persistedQuery', 'sha256Hash']],
        [{ extensions: { persistedQuery: 'x' } }, ['extensions', 'persistedQuery', 'sha256Hash']],
        [
          { extensions: { persistedQuery: { sha256Hash: '__proto__' } } },
          ['extensions', 'persistedQuery', 'sha256Hash'],
        ],
      ]
      for (const [params, path] of wrong) {
        const { status, errors } = await send({ query: UNLISTED, ...params })
        expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', path } }])
        if (name !== 'on a socket') expect(status).toBe(400)
      }
    })
  })

  test('also works with GET unless it is a mutation', async () => {
    const get = (params: Record<string, string>) =>
      app.http(`/graphql?${new URLSearchParams(params)}`, { headers: { accept: 'application/json' } })
    const answer = await get({ documentId: sha256(NAMED), variables: '{"name":"order.created"}' })
    expect(await answer.json()).toEqual({ data: { eventType: { name: 'order.created' } } })
    const apollo = await get({ extensions: JSON.stringify(named(ROLES).extensions) })
    expect(await apollo.json()).toEqual({ data: { viewer: { roles: ['ADMIN'] } } })
    expect((await get({ documentId: sha256(PUBLISH) })).status).toBe(405)
  })

  test('may be a subscription', async () => {
    const headers = { 'content-type': 'application/json', accept: 'text/event-stream' }
    const body = JSON.stringify({ documentId: sha256(STATS) })
    const response = await app.http('/graphql', { method: 'POST', headers, body })
    const reader = response.body!.getReader()
    let text = ''
    await until('a result', async () => {
      text += new TextDecoder().decode((await reader.read()).value)
      return text.includes('"pending":0')
    })
    await reader.cancel()
  })
})

describe('with PERSISTED_OPERATIONS_ONLY', () => {
  let app: TestApp
  let bearer: string
  beforeAll(async () => {
    app = await startTestApp({ env: { ...settings, PERSISTED_OPERATIONS_ONLY: 'true' } })
    bearer = (await makeKey(app)).key
  })
  afterAll(() => app.stop())

  test.each(Object.entries(TRANSPORTS))(
    '%s: persisted documents are accepted by text or id, others are refused',
    async (name, transport) => {
      const send = (params: object) => transport(app, bearer, JSON.stringify(params))
      for (const query of [ROLES, `\n${ROLES}\n`])
        expect(await send({ query })).toMatchObject({ data: { viewer: { roles: ['ADMIN'] } } })
      expect(await send({ query: '', documentId: sha256(ROLES) })).toMatchObject({ data: { viewer: {} } })
      const others = [
        { query: UNLISTED },
        { query: `${ROLES} # and more` },
        { query: '{ __schema { types { name } } }' },
        { query: UNLISTED, documentId: sha256(UNLISTED) },
      ]
      for (const params of others) {
        const { status, data, errors } = await send(params)
        expect([data, errors]).toMatchObject([undefined, [{ extensions: { code: 'FORBIDDEN', path: ['query'] } }]])
        if (name !== 'on a socket') expect(status).toBe(403)
      }
    },
  )

  test('also applies to streams', async () => {
    const { errors } = await subscribe(app, 'subscription { deliveryStats { delivered } }')
    await until('the refusal', () => errors.length > 0)
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
    const { send, received } = await signedIn(app, { key: bearer })
    send({ type: 'subscribe', id: '9', payload: { query: STATS } })
    expect(await received('next', '9')).toMatchObject({ payload: { data: { deliveryStats: { pending: 0 } } } })
  })

  test('a refusal is in the audit trail', async () => {
    const entries = await app.sql<{ outcome: string; after: { code: string } }>(
      `SELECT outcome, after FROM audit_entries WHERE action = 'graphql.operation'`,
    )
    expect(entries[0]).toMatchObject({ outcome: 'DENIED', after: { code: 'FORBIDDEN' } })
  })
})

describe('an unusable list stops the start with the file and the reason', () => {
  const load = (...names: string[]) =>
    loadPersistedDocuments({ PERSISTED_OPERATIONS: names, PERSISTED_OPERATIONS_ONLY: false })
  const cases: [string, () => string, RegExp][] = [
    ['is not there', () => join(folder, 'nowhere'), /nowhere cannot be used: ENOENT/],
    ['is not JSON', () => write('broken.json', '{'), /broken\.json/],
    ['is a list', () => write('list.json', '[]'), /not an object of ids and documents/],
    ['has an invalid id', () => write('ids.json', '{"Roles":"{ viewer { roles } }"}'), /"Roles" is not a SHA-256/],
    ['has no text', () => write('text.json', `{"${sha256('x')}":7}`), /is not a SHA-256 with a document/],
    ['was changed', () => write('changed.json', `{"${sha256(ROLES)}":"${UNLISTED}"}`), /has a different SHA-256/],
  ]
  test.each(cases)('one that %s', (_what, file, message) => {
    expect(() => load(file())).toThrow(SettingsError)
    expect(() => load(file())).toThrow(message)
  })
})
