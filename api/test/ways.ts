import { signedIn } from './conformance/sockets.ts'
import { type GraphQLFailure, type TestApp, until } from './harness.ts'

/** What came of an operation, on whatever transport; a WebSocket has no status. */
export interface WayAnswer {
  status?: number
  data?: unknown
  errors?: Array<GraphQLFailure & { extensions: { limit?: string; got?: number; max?: number } }>
}

/** Sends the text of an operation's parameters (JSON, that may be wrong) to the API of a test. */
export type Way = (app: TestApp, bearer: string, text: string) => Promise<WayAnswer>

const post =
  (accept: string): Way =>
  async (app, bearer, body) => {
    const headers = { 'content-type': 'application/json', accept }
    const response = await app.http('/graphql', { method: 'POST', body, headers }, { as: { bearer } })
    return { status: response.status, ...((await response.json()) as object) }
  }

export const inJson = post('application/json')
/** A media type that our own handling of JSON leaves to Yoga. */
export const inYogasWay = post('application/json;charset=utf-8')

/** On a socket of its own; the first message is what came of it. */
export const onSocket: Way = async (app, bearer, text) => {
  const { send, messages, socket } = await signedIn(app, { key: bearer })
  send(`{"id":"1","type":"subscribe","payload":${text}}`)
  const { payload } = await until('an answer', () => messages.find(({ id }) => id === '1'))
  socket.terminate()
  return Array.isArray(payload) ? { errors: payload } : (payload as WayAnswer)
}

/** All ways in for an operation. */
export const WAYS: Record<string, Way> = {
  'in JSON': inJson,
  "in Yoga's own way": inYogasWay,
  'on a socket': onSocket,
}
