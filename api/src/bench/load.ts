import { Pool } from 'undici'

/**
 * Sends `total` requests and returns requests/s. Each of `connections` keep-alive connections sends one request at a
 * time.
 */
export async function hammer(options: {
  origin: string
  path: string
  headers: Record<string, string>
  body: (index: number) => string
  total: number
  connections: number
  /** Called for the first response and then occasionally; throws if the response is unexpected. */
  check?: (status: number, body: string) => void
}): Promise<number> {
  const pool = new Pool(options.origin, { connections: options.connections, pipelining: 1 })
  let next = 0
  const loop = async () => {
    while (next < options.total) {
      const index = next++
      const response = await pool.request({
        method: 'POST',
        path: options.path,
        headers: options.headers,
        body: options.body(index),
      })
      if (index % 500 === 0 && options.check) options.check(response.statusCode, await response.body.text())
      else {
        await response.body.dump()
        if (response.statusCode >= 300) throw new Error(`${options.path} answered ${response.statusCode}`)
      }
    }
  }
  const started = performance.now()
  await Promise.all(Array.from({ length: options.connections }, loop))
  const seconds = (performance.now() - started) / 1_000
  await pool.close()
  return options.total / seconds
}

/** Calls `send` at a fixed rate, without waiting for earlier calls. Resolves when all calls have settled. */
export async function atRate(perSecond: number, total: number, send: (index: number) => Promise<void>): Promise<void> {
  const started = performance.now()
  const sending: Promise<void>[] = []
  for (let i = 0; i < total; i++) {
    const wait = started + (i * 1_000) / perSecond - performance.now()
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait))
    sending.push(send(i))
  }
  await Promise.all(sending)
}

/** The wall clock in milliseconds with fractions, comparable between the processes of a machine. */
export const wallClock = (): number => performance.timeOrigin + performance.now()
