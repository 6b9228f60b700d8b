import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { freePort, requirePort } from './ports.mjs'

const wanted = { setting: 'PORT', what: 'API', other: 8011 }

test('a host that is not an address of this machine is not reported as a used port', async () => {
  const port = await freePort()
  for (const host of ['0.0.0.0x', '203.0.113.7'])
    await expect(requirePort({ ...wanted, port, host })).rejects.toThrow(`HOST is "${host}", which is not an address`)
  await requirePort({ ...wanted, port, host: '0.0.0.0' })
})

test('a used port is reported', async () => {
  const server = createServer()
  const port = await new Promise<number>((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
  )
  await expect(requirePort({ ...wanted, port, host: '127.0.0.1' })).rejects.toThrow(
    `Port ${port}, for the API, is in use`,
  )
  server.close()
})
