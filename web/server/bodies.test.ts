import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { refuseBody } from './bodies.ts'

let server: Server
beforeEach(async () => {
  // A server that answers what refuseBody does not refuse, without reading bodies.
  server = createServer((req, res) => {
    if (!refuseBody(req, res)) res.end('behind')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
})
afterEach(() => void server.close())

/** The answer to a request head without a body, and whether the server closed the connection after the answer. */
async function answerTo(line: string, header: string): Promise<{ answer: string; ended: boolean }> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  let answer = ''
  socket.setEncoding('latin1').on('data', (part) => {
    answer += part
  })
  socket.write(`${line} HTTP/1.1\r\nhost: x\r\n${header}\r\n\r\n`)
  await once(socket, 'data')
  const ended = answer.includes('\r\nConnection: close\r\n')
  if (ended) await once(socket, 'close')
  socket.destroy()
  return { answer, ended }
}

it.each(['POST /events', 'POST /', 'GET /deliveries?a=1', 'PUT /graphql/', 'POST /auth/login', 'POST /session/other'])(
  '%s accepts no body',
  async (line) => {
    for (const header of ['content-length: 1', 'content-length: 520000000', 'transfer-encoding: chunked']) {
      const { answer, ended } = await answerTo(line, header)
      expect(answer).toMatch(/^HTTP\/1\.1 413 /)
      expect(ended).toBe(true)
    }
  },
)

it('the refusal reaches a client that continues to send', async () => {
  const chunk = Buffer.alloc(1_000_000)
  for (let n = 0; n < 3; n++) {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    let answer = ''
    socket.setEncoding('latin1').on('data', (part) => {
      answer += part
    })
    const send = () => void (socket.destroyed || socket.write(chunk))
    socket.on('error', () => {}).on('drain', send)
    socket.write('POST /events HTTP/1.1\r\nhost: x\r\ncontent-length: 520000000\r\n\r\n', send)
    await once(socket, 'close')
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
  }
})

it('a route refuses its own bodies, and no more than the limit is read', async () => {
  for (const [line, header] of [
    ['POST /session', 'content-length: 4097'],
    ['PUT /session/tenant', 'content-length: 520000000'],
    ['POST /graphql', 'content-length: 520000000'],
    ['POST /graphql?a=1', 'transfer-encoding: chunked'],
  ] as const) {
    const { answer, ended } = await answerTo(line, header)
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    expect(ended).toBe(true)
  }
  expect(await answerTo('POST /session', 'content-length: 400')).toMatchObject({ ended: false })
})

it('a request without a body is not touched', async () => {
  for (const header of ['accept: */*', 'content-length: 0']) {
    const { answer, ended } = await answerTo('POST /events', header)
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    expect(ended).toBe(false)
  }
})
