import { SerializedResult } from '../graphql/serialized-result.ts'
import { stringifyJson } from '../kit/json/json-text.ts'
import type { RequestContext } from './request-context.ts'

const PING_MS = 12_000

/**
 * Sends results as server-sent events, with one connection per operation
 * (https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md, "distinct connections mode"). Each result is a
 * `next` event; `complete` is the last event. The next result is requested only when the connection has accepted the
 * previous one. So a slow reader slows down only its own stream, and nothing accumulates. If the connection accepts
 * nothing for `stallMs`, it is closed. Resolves when the stream has ended or the connection is closed. `watch` is
 * called with a function that ends the stream early with a last result. It returns a function that stops watching.
 */
export async function sendEventStream(
  { res }: RequestContext,
  results: AsyncIterator<object>,
  watch: (end: (last: object) => void) => () => void,
  stallMs: number,
): Promise<void> {
  res.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    // Prevents proxies from buffering the response.
    'x-accel-buffering': 'no',
  })
  // Some clients consider a stream open only when they have received the first bytes.
  res.write(':\n\n')
  const ping = setInterval(() => {
    if (!res.writableNeedDrain) res.write(':\n\n')
  }, PING_MS)
  // Calling return() on the iterator ends the wait for the next result.
  const end = () => void results.return?.()
  let last: object | undefined
  const unwatch = watch((result) => {
    last = result
    end()
  })
  res.once('close', end)
  const send = async (result: object) => {
    const json = result instanceof SerializedResult ? result.json : stringifyJson(result)
    if (!res.write(`event: next\ndata: ${json}\n\n`)) await drained(res, stallMs)
  }
  try {
    while (!res.destroyed && !last) {
      const { done, value } = await results.next()
      if (done) break
      await send(value)
    }
    if (last) await send(last)
    if (!res.destroyed) res.end('event: complete\ndata:\n\n')
  } finally {
    clearInterval(ping)
    unwatch()
    end()
  }
}

function drained(res: RequestContext['res'], stallMs: number): Promise<void> {
  return new Promise((resolve) => {
    const stalled = setTimeout(() => res.destroy(), stallMs)
    const done = () => {
      clearTimeout(stalled)
      res.off('drain', done)
      res.off('close', done)
      resolve()
    }
    res.once('drain', done)
    res.once('close', done)
  })
}

/** A stream with a single result. */
export async function* only(result: object): AsyncGenerator<object> {
  yield result
}
