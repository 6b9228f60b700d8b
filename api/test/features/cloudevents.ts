import { connect } from 'node:net'
import { tryUuid } from '../../src/kit/ids.ts'
import type { RequestOptions, TestApp } from '../harness.ts'

export interface ProblemError {
  pointer?: string
  header?: string
  detail: string
}

/** The response of POST /events. Its members depend on the status. */
export interface Answer {
  status: number
  headers: Headers
  text: string
  body: {
    id: string
    cursor: string
    deduplicated: boolean
    ignored?: string[]
    accepted?: number
    refused?: number
    results?: {
      id?: string
      deduplicated?: boolean
      problem?: { status: number; code: string; errors: ProblemError[] }
    }[]
    title?: string
    code?: string
    detail: string
    errors: ProblemError[]
  }
}

/** A valid event. `over` overrides its attributes. */
export const event = (id: string, over: object = {}) => ({
  specversion: '1.0',
  type: 'com.example.someevent',
  source: '/mycontext',
  id,
  ...over,
})

let events = 0
/** A valid event with an id of its own. */
export const newEvent = (over: object = {}) => event(`event-${++events}`, over)

/** Sends events in each mode of the HTTP binding. */
export function createSender(app: TestApp) {
  const send = async (body: string | Buffer | undefined, headers: Record<string, string>, options?: RequestOptions) => {
    const init = { method: 'POST', headers, ...(body !== undefined && { body: new Uint8Array(Buffer.from(body)) }) }
    const response = await app.http('/events', init, options)
    const text = await response.text()
    const answer = {
      status: response.status,
      headers: response.headers,
      text,
      body: text === '' ? {} : JSON.parse(text),
    }
    return answer as Answer
  }
  const json = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
  return {
    send,
    structured: (value: unknown, options?: RequestOptions) =>
      send(json(value), { 'content-type': 'application/cloudevents+json; charset=utf-8' }, options),
    batch: (value: unknown, options?: RequestOptions) =>
      send(json(value), { 'content-type': 'application/cloudevents-batch+json; charset=utf-8' }, options),
    binary(attributes: object, data?: string | Buffer, type?: string, options?: RequestOptions) {
      const headers = Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [`ce-${name}`, String(value)]),
      )
      return send(data, { ...headers, ...(type && { 'content-type': type }) }, options)
    },
    /** The stored columns of an event. */
    async stored(id: string) {
      const [row] = await app.sql<Record<string, unknown>>(
        `SELECT type, source, subject, severity, tenant_id AS "tenantId", payload, occurred_at AS "occurredAt",
           correlation_id AS "correlationId", causation_id AS "causationId", trace_parent AS "traceParent", trace_state AS "traceState", published_by_kind AS "publishedByKind"
         FROM events WHERE id = $1`,
        [tryUuid('evt', id)],
      )
      return row
    },
    count: async () => Number((await app.sql<{ n: string }>('SELECT count(*) AS n FROM events'))[0]?.n),
    /** Sends raw bytes that no HTTP client would send. Returns the raw response. */
    async raw(lines: string[], body: string | Buffer = ''): Promise<string> {
      const { token } = (await (
        await app.http('/auth/dev', {
          method: 'POST',
          body: '{"role":"ADMIN"}',
          headers: { 'content-type': 'application/json' },
        })
      ).json()) as { token: string }
      const head = ['POST /events HTTP/1.1', 'host: localhost', `authorization: Bearer ${token}`, 'connection: close']
      return new Promise((resolve, reject) => {
        const socket = connect(Number(new URL(app.url).port), '127.0.0.1')
        let answer = ''
        socket.setEncoding('latin1').on('data', (chunk) => {
          answer += chunk
        })
        socket.on('error', reject).on('close', () => resolve(answer))
        const length = `content-length: ${Buffer.byteLength(body)}`
        socket.write(Buffer.from(`${[...head, length, ...lines].join('\r\n')}\r\n\r\n`, 'latin1'))
        socket.write(body)
      })
    },
  }
}
