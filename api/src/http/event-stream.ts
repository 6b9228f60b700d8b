import { SerializedResult } from '../graphql/serialized-result.ts'
import { stringifyJson } from '../kit/json-text.ts'
import type { RequestContext } from './request-context.ts'

const PING_MS = 12_000

/**
 * Sends results as server-sent events, a connection for each operation
 * (https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md, "distinct connections mode"): `next` for each, then
 * `complete`. One result is asked for when the one before has been taken by the connection: a reader that is slow slows its
 * own stream alone, and nothing piles up for it. One that takes nothing for `stallMs` is taken for gone. Resolves when the stream
 * is over or its reader gone. `watch` is given the way to end the stream before its time with a last result, and returns the
 * way to stop watching.
 */
export async function sendEventStream(
  { res }: RequestContext,
  results: AsyncIterator<object>,
  watch: (end: (last: object) => void) => () => void,
  stallMs: number,
): Promise<void> {
  res.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    // For proxies that would collect the answer before they hand it on.
    'x-accel-buffering': 'no',
  })
  // Some clients believe in a stream only when something comes.
  res.write(':\n\n')
  const ping = setInterval(() => {
    if (!res.writableNeedDrain) res.write(':\n\n')
  }, PING_MS)
  // Returning the results ends a wait for the next one.
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

/** A result that is there already, as a stream of one. */
export async function* only(result: object): AsyncGenerator<object> {
  yield result
}
