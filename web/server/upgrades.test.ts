import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, expect, it, vi } from 'vitest'
import { sealSession } from '@/features/access/session.ts'
import { createRelay } from './relay.ts'
import { createUpgrades, type OnUpgrade } from './upgrades.ts'

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

/** Requests a WebSocket from a server that passes upgrade requests to `take`, and returns the socket. */
async function ask(take: OnUpgrade, cookie = '', joinMs?: number): Promise<Socket> {
  const server = createServer().on('upgrade', createUpgrades(take, joinMs).upgrade)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  ends.push(
    () => socket.destroy(),
    () => server.close(),
  )
  socket.write(
    `GET /graphql HTTP/1.1\r\nhost: x\r\norigin: http://x\r\ncookie: ${cookie}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`,
  )
  return socket
}

async function answerOf(socket: Socket): Promise<string> {
  let text = ''
  socket.setEncoding('latin1').on('data', (part) => {
    text += part
  })
  await once(socket, 'close')
  return text
}

it('exceptions are answered and end the connection', async () => {
  const told = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const socket = await ask(() => {
    throw new TypeError('Invalid character in header content ["authorization"]')
  })
  expect(await answerOf(socket)).toMatch(/^HTTP\/1\.1 500 .*\r\nconnection: close\r\n/)
  expect(told).toHaveBeenCalledOnce()
})

it('a cookie that is not a valid header value is not a session', async () => {
  vi.stubEnv('SECRET_KEY', randomBytes(32).toString('base64'))
  const relay = createRelay(new URL('http://127.0.0.1:1/graphql'))
  const sealed = ['tok\r\nX', 'té'].map((token) => `s1.${sealSession({ token, until: Number.MAX_SAFE_INTEGER })}`)
  for (const value of ['tok%0d%0aX', 't%C3%A9', '%E0%A4', ...sealed])
    expect(await answerOf(await ask(relay.upgrade, `aetherlink_session=${value}`))).toMatch(/^HTTP\/1\.1 401 /)
})

it('a connection that is not upgraded in time is closed, an upgraded one is not', async () => {
  const idle = await ask(() => {}, '', 50)
  expect(await answerOf(idle)).toBe('')

  let other: Socket | undefined
  const joined = await ask(
    (req, socket) => {
      other = req.socket
      req.socket.setTimeout(0)
      socket.write('joined')
    },
    '',
    50,
  )
  await once(joined, 'data')
  // A connection that is opened later, with the same time limit, is closed earlier.
  expect(await answerOf(await ask(() => {}, '', 50))).toBe('')
  expect(other?.destroyed).toBe(false)
})
