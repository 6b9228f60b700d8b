import { setTimeout as delay } from 'node:timers/promises'
import type { TypedDocumentString } from '../../../../codegen/gql-cli/graphql.ts'
import type { Api } from './api.ts'
import { type ApiError, apiFailure, EXIT, Failure, unreachable } from './failure.ts'

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 10_000

/** The API writes a comment every 12 s. A connection that is silent for more than twice that time counts as broken. */
const SILENCE_MS = 30_000

export interface Subscription<Data, Variables> {
  document: TypedDocumentString<Data, Variables>
  /** Called before each connection. The variables may contain the position at which to resume. */
  variables: () => Variables | Promise<Variables>
  /** Ends the subscription. */
  signal: AbortSignal
  /** Called when the connection has broken and will be opened again. */
  onBreak?: (reason: string) => void
  /** Called when a connection is open. `isResumed` is true after a break. */
  onOpen?: (isResumed: boolean) => void
  /**
   * Called when the server completes the stream. Returns whether the subscription is over. If it is not, the server has
   * stopped, and the connection is opened again.
   */
  isOver?: () => boolean
}

/**
 * The results of a subscription over server-sent events. If the connection breaks or the server is unavailable,
 * connects again after a growing pause. Any other error is thrown as Failure. Whether results are missed during a break
 * depends on `variables`.
 */
export async function* subscribe<Data, Variables>(
  api: Api,
  { document, variables, signal, onBreak, onOpen, isOver }: Subscription<Data, Variables>,
): AsyncGenerator<Data> {
  let isConnected = false
  let attempt = 0
  let isBroken = false
  while (!signal.aborted) {
    try {
      const response = await api.open(document, await variables(), signal)
      onOpen?.(isBroken)
      isBroken = false
      isConnected = true
      for await (const data of results<Data>(api.url, response)) {
        attempt = 0
        yield data
      }
      if (isOver?.()) return
      throw unreachable(api.url, new Error('the server ended the stream'))
    } catch (error) {
      if (signal.aborted) return
      // If the very first connection fails, the URL is probably wrong, so there is no retry.
      if (!isConnected || !isTemporary(error)) throw error
      if (!isBroken) onBreak?.(error instanceof Error ? error.message : String(error))
      isBroken = true
      await delay(Math.min(FIRST_PAUSE_MS * 2 ** attempt++, LONGEST_PAUSE_MS), undefined, { signal }).catch(() => {})
    }
  }
}

export const isTemporary = (error: unknown) => error instanceof Failure && error.details.exitCode === EXIT.unavailable

/**
 * The `next` results of one connection, until `complete`. Throws Failure if the stream breaks or a result has errors.
 */
async function* results<Data>(url: string, response: Response): AsyncGenerator<Data> {
  let text = ''
  for await (const chunk of chunks(url, response)) {
    text += chunk
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const message = text.slice(0, end)
      text = text.slice(end + 2)
      if (message.startsWith('event: complete')) return
      const data = /^data: (.+)$/m.exec(message)?.[1]
      if (!data) continue
      const result = JSON.parse(data) as { data?: Data | null; errors?: ApiError[] }
      if (result.errors?.[0]) throw apiFailure(result.errors[0])
      if (result.data) yield result.data
    }
  }
  throw unreachable(url, new Error('the connection was closed'))
}

async function* chunks(url: string, { body }: Response): AsyncGenerator<string> {
  if (!body) return
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let silence: NodeJS.Timeout | undefined
  try {
    for (;;) {
      const silent = new Promise<never>((_, reject) => {
        silence = setTimeout(() => reject(new Error(`no data for ${SILENCE_MS / 1_000} s`)), SILENCE_MS)
      })
      const { done, value } = await Promise.race([reader.read(), silent])
      clearTimeout(silence)
      if (done) return
      yield decoder.decode(value, { stream: true })
    }
  } catch (error) {
    throw unreachable(url, error)
  } finally {
    clearTimeout(silence)
    await reader.cancel().catch(() => {})
  }
}
