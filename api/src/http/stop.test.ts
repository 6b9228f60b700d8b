import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { makeKey } from '../../test/conformance/sockets.ts'
import { startTestApp, until } from '../../test/harness.ts'

test('a stream whose request was in progress when the server stopped is closed at once, so that its client resumes it elsewhere', async () => {
  const app = await startTestApp()
  const { port, hostname } = new URL(app.url)
  const body = JSON.stringify({ query: 'subscription { events { id } }' })
  const { key } = await makeKey(app)
  const head = `authorization: Bearer ${key}\r\naccept: text/event-stream\r\ncontent-type: application/json\r\n`
  const socket = connect(Number(port), hostname)
  let text = ''
  socket.on('data', (data) => {
    text += data
  })
  socket.on('error', () => {})
  const closed = once(socket, 'close')
  socket.write(
    `POST /graphql HTTP/1.1\r\nhost: x\r\n${head}content-length: ${body.length}\r\nexpect: 100-continue\r\n\r\n`,
  )
  // The interim response proves that the server has begun to handle the request.
  await until('100 Continue', () => text.includes('100 Continue'))
  text = ''
  const stopped = app.stop()
  socket.write(body)
  await closed
  await stopped
  expect(text).not.toContain('text/event-stream')
})
