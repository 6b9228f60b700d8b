import { signedIn } from './conformance/sockets.ts'
import { type GraphQLFailure, type TestApp, until } from './harness.ts'

/** The result of an operation on any transport. On a WebSocket there is no status. */
export interface TransportResult {
  status?: number
  data?: unknown
  errors?: Array<GraphQLFailure & { extensions: { limit?: string; got?: number; max?: number } }>
}

/** Sends the parameters of an operation to the API, as JSON text that may be invalid. */
export type Transport = (app: TestApp, bearer: string, text: string) => Promise<TransportResult>

const post =
  (accept: string): Transport =>
  async (app, bearer, body) => {
    const headers = { 'content-type': 'application/json', accept }
    const response = await app.http('/graphql', { method: 'POST', body, headers }, { as: { bearer } })
    return { status: response.status, ...((await response.json()) as object) }
  }

export const inJson = post('application/json')
/** A request with a media type that the API leaves to Yoga. */
export const throughYoga = post('application/json;charset=utf-8')

/** Sends the operation on a separate socket. The first message is the result. */
export const onSocket: Transport = async (app, bearer, text) => {
  const { send, messages, socket } = await signedIn(app, { key: bearer })
  send(`{"id":"1","type":"subscribe","payload":${text}}`)
  const { payload } = await until('an answer', () => messages.find(({ id }) => id === '1'))
  socket.terminate()
  return Array.isArray(payload) ? { errors: payload } : (payload as TransportResult)
}

/** All transports that can carry an operation. */
export const TRANSPORTS: Record<string, Transport> = {
  'in JSON': inJson,
  'through Yoga': throughYoga,
  'on a socket': onSocket,
}
