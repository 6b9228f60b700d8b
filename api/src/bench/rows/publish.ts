import { hammer } from '../load.ts'
import { freshTenant, PUBLISH, PUBLISH_MANY, type Row, sample } from '../row.ts'
import type { Stack } from '../stack.ts'

const CONNECTIONS = 64

/**
 * Single publishEvent mutations, compared with an empty query to the same server. There are no webhooks, so only the
 * append is measured.
 */
export const publish: Row = {
  name: 'publish',
  async run(stack, { scale, advance }) {
    const total = Math.max(1_000, Math.round(15_000 * scale))
    const send = (query: string, variables: (i: number) => object) =>
      hammer({
        origin: stack.apiOrigin,
        path: '/graphql',
        headers: stack.headers,
        connections: CONNECTIONS,
        total,
        body: (i) => JSON.stringify({ query, variables: variables(i) }),
        check: (status, body) => {
          if (status !== 200 || body.includes('"errors"'))
            throw new Error(`GraphQL answered ${status}: ${body.slice(0, 300)}`)
        },
      })
    const limit = await send('query Nothing { __typename }', () => ({}))
    advance(0.4)
    const tenantId = freshTenant()
    const value = await send(PUBLISH, (i) => ({ input: sample(tenantId, i) }))
    return [
      {
        name: 'publish',
        what: `publishEvent mutations/s, ${CONNECTIONS} connections`,
        unit: '/s',
        value,
        limit: { what: 'the same server, { __typename }', value: limit },
        goal: { value: 3_000, atMost: false },
      },
    ]
  },
}

/** Single CloudEvents through POST /events, compared with a bare node:http server that answers 202. */
export const cloudevents: Row = {
  name: 'cloudevents',
  async run(stack, { scale, advance }) {
    const total = Math.max(1_000, Math.round(30_000 * scale))
    const tenantId = freshTenant()
    const headers = {
      ...stack.headers,
      'ce-specversion': '1.0',
      'ce-type': 'order.created',
      'ce-source': 'bench',
      'ce-tenantid': tenantId,
    }
    const { payload } = sample(tenantId, 0)
    const body = JSON.stringify(payload)
    const limit = await hammer({
      origin: stack.bareOrigin,
      path: '/events',
      headers,
      body: () => body,
      total,
      connections: CONNECTIONS,
    })
    advance(0.4)
    const value = await eachWithId(stack, headers, body, total)
    return [
      {
        name: 'cloudevents',
        what: `events/s one by one through /events, ${CONNECTIONS} connections`,
        unit: '/s',
        value,
        limit: { what: 'bare node:http answering 202', value: limit },
        goal: { value: 8_000, atMost: false },
      },
    ]
  },
}

/** The id of an event is in the body (structured mode), so all requests have the same headers. */
function eachWithId(stack: Stack, headers: Record<string, string>, data: string, total: number): Promise<number> {
  const { 'ce-tenantid': tenantId, authorization } = headers
  const run = Math.random().toString(36).slice(2)
  return hammer({
    origin: stack.apiOrigin,
    path: '/events',
    headers: { authorization: authorization!, 'content-type': 'application/cloudevents+json' },
    body: (i) =>
      `{"specversion":"1.0","id":"${run}-${i}","type":"order.created","source":"bench","tenantid":"${tenantId}","datacontenttype":"application/json","data":${data}}`,
    total,
    connections: CONNECTIONS,
  })
}

/** publishEvents in batches of 500, compared with the shortest statement that inserts the same rows. */
export const batch: Row = {
  name: 'batch',
  async run(stack, { scale, advance }) {
    const size = 500
    const total = Math.max(4 * size, Math.round(40_000 * scale))
    const limit = await bareInserts(stack, total, size)
    advance(0.4)
    const tenantId = freshTenant()
    const requestsPerSecond = await hammer({
      origin: stack.apiOrigin,
      path: '/graphql',
      headers: stack.headers,
      connections: 4,
      total: total / size,
      body: (i) =>
        JSON.stringify({
          query: PUBLISH_MANY,
          variables: { input: Array.from({ length: size }, (_, k) => sample(tenantId, i * size + k)) },
        }),
      check: (_status, body) => {
        if (!body.includes(`"accepted":${size}`)) throw new Error(`publishEvents answered ${body.slice(0, 300)}`)
      },
    })
    return [
      {
        name: 'batch',
        what: `publishEvents, events/s in batches of ${size}`,
        unit: '/s',
        value: requestsPerSecond * size,
        limit: { what: 'bare multi-row insert', value: limit },
        goal: { value: 20_000, atMost: false },
      },
    ]
  },
}

async function bareInserts(stack: Stack, total: number, size: number): Promise<number> {
  await stack.db.query(
    'CREATE TABLE IF NOT EXISTS bench_bare (id uuid PRIMARY KEY, type text, source text, payload json, at timestamptz)',
  )
  const payload = JSON.stringify(sample('x', 0).payload)
  const started = performance.now()
  for (let i = 0; i < total; i += size) {
    await stack.db.query(
      `INSERT INTO bench_bare SELECT id, 'order.created', 'bench', payload::json, now() FROM unnest($1::uuid[], $2::text[]) AS r(id, payload)`,
      [Array.from({ length: size }, () => crypto.randomUUID()), Array.from({ length: size }, () => payload)],
    )
  }
  const perSecond = total / ((performance.now() - started) / 1_000)
  await stack.db.query('DROP TABLE bench_bare')
  return perSecond
}
