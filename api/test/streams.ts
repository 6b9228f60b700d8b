import type { As, TestApp } from './harness.ts'

export interface StreamError {
  message: string
  extensions: { code: string; path?: string[] }
}

/** A subscription over server-sent events, with the results read so far. */
export interface Stream<Data> {
  results: Data[]
  errors: StreamError[]
  readonly ended: boolean
  /** Disconnects. */
  stop(): Promise<void>
}

/** Subscribes with a request of its own and reads the results continuously. */
export async function subscribe<Data>(
  app: Pick<TestApp, 'http'>,
  query: string,
  variables: object = {},
  as: As = { role: 'ADMIN' },
): Promise<Stream<Data>> {
  const init = {
    method: 'POST',
    body: JSON.stringify({ query, variables }),
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
  }
  const response = await app.http('/graphql', init, { as })
  if (!response.body) throw new Error(`no stream: ${response.status}`)
  const results: Data[] = []
  const errors: StreamError[] = []
  let ended = false
  const reader = response.body.getReader()
  const read = async () => {
    let text = ''
    for await (const chunk of chunks(reader)) {
      text += chunk
      const parts = text.split('\n\n')
      text = parts.pop() ?? ''
      for (const part of parts) {
        const data = /^data: (.+)$/m.exec(part)?.[1]
        if (!data) continue
        const result = JSON.parse(data) as { data?: Data | null; errors?: StreamError[] }
        if (result.data) results.push(result.data)
        errors.push(...(result.errors ?? []))
      }
    }
  }
  const reading = read()
    .catch(() => undefined)
    .finally(() => {
      ended = true
    })
  return {
    results,
    errors,
    get ended() {
      return ended
    },
    async stop() {
      await reader.cancel()
      await reading
    },
  }
}

async function* chunks(reader: ReadableStreamDefaultReader<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    yield decoder.decode(value, { stream: true })
  }
}
