import { signedIn } from './conformance/sockets.ts'
import { type GraphQLFailure, type TestApp, until } from './harness.ts'

/** The result of an operation on any transport; a WebSocket has no status. */
export interface WayAnswer {
  status?: number
  data?: unknown
  errors?: Array<GraphQLFailure & { extensions: { limit?: string; got?: number; max?: number } }>
}

/** Sends the JSON text of an operation's parameters, which may be invalid, to the API. */
export type Way = (app: TestApp, bearer: string, text: string) => Promise<WayAnswer>

const post =
  (accept: string): Way =>
  async (app, bearer, body) => {
    const headers = { 'content-type': 'application/json', accept }
    const response = await app.http('/graphql', { method: 'POST', body, headers }, { as: { bearer } })
    return { status: response.status, ...((await response.json()) as object) }
  }

export const inJson = post('application/json')
/** A media type that the API leaves to Yoga. */
export const inYogasWay = post('application/json;charset=utf-8')

/** On a separate socket; the first message is the result. */
export const onSocket: Way = async (app, bearer, text) => {
  const { send, messages, socket } = await signedIn(app, { key: bearer })
  send(`{"id":"1","type":"subscribe","payload":${text}}`)
  const { payload } = await until('an answer', () => messages.find(({ id }) => id === '1'))
  socket.terminate()
  return Array.isArray(payload) ? { errors: payload } : (payload as WayAnswer)
}

/** All transports of an operation. */
export const WAYS: Record<string, Way> = {
  'in JSON': inJson,
  "in Yoga's own way": inYogasWay,
  'on a socket': onSocket,
}
