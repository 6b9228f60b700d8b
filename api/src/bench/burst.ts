import type { ChildProcess } from 'node:child_process'
import { request } from 'undici'

/** The same GraphQL operation, sent many times at once. */
export interface Burst {
  origin: string
  headers: Record<string, string>
  operation: object
  count: number
  /** The source of a regular expression that every response must match. */
  expected: string
}

type Sent = { taken: number[] } | { error: string }

/**
 * Runs a process that sends the bursts of its parent process. Sending one occupies the event loop, and would delay what
 * the parent measures in the meantime.
 */
export function runBurstSender(): void {
  process.on('message', async (burst: Burst) => {
    const sent: Sent = await sendAll(burst).then(
      (taken) => ({ taken }),
      (error: unknown) => ({ error: String(error) }),
    )
    process.send?.(sent)
  })
  process.on('disconnect', () => process.exit(0))
}

/** Has the process of runBurstSender send a burst. Resolves with how long each request took (ms). One at a time. */
export const sendBurst = (sender: ChildProcess, burst: Burst): Promise<number[]> =>
  new Promise((resolve, reject) => {
    sender.once('message', (sent: Sent) => ('taken' in sent ? resolve(sent.taken) : reject(new Error(sent.error))))
    sender.send(burst)
  })

function sendAll({ origin, headers, operation, count, expected }: Burst): Promise<number[]> {
  const body = JSON.stringify(operation)
  const pattern = new RegExp(expected)
  return Promise.all(
    Array.from({ length: count }, async () => {
      const at = performance.now()
      const response = await request(`${origin}/graphql`, { method: 'POST', headers, body })
      const text = await response.body.text()
      if (!pattern.test(text)) throw new Error(`a request of a burst was answered ${text.slice(0, 300)}`)
      return performance.now() - at
    }),
  )
}
