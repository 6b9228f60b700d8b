import { afterEach, describe, expect, test } from 'vitest'
import { drip, endless, ok, type Receiver, startDeafReceiver, startReceiver } from '../../../test/servers/receivers.ts'
import { blockedKind } from '../../webhooks/send/address-guard.ts'
import { statusOfBody } from './body.ts'
import { probePolicy } from './policy.ts'
import { createProber, type Prober } from './prober.ts'

const OPEN = probePolicy({ PROBE_ALLOWED_CIDRS: ['0.0.0.0/0', '::/0'] })
const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()))
})
const kept = <Opened extends { close(): Promise<void> }>(one: Opened): Opened => {
  opened.push(one)
  return one
}
const prober = (resolver?: Parameters<typeof createProber>[0]['resolver']): Prober =>
  kept(createProber({ policy: OPEN, timeoutMs: 300, ...(resolver && { resolver }) }))
const receiver = async (...args: Parameters<typeof startReceiver>): Promise<Receiver> =>
  kept(await startReceiver(...args))

test('an endless response is read only up to its limit', async () => {
  const { url } = await receiver(endless())
  expect(await prober().probe(url)).toMatchObject({ status: 'OK', latencyMs: expect.any(Number) })
})

test('a slow response, and a server that never reads, are down within the timeout', async () => {
  const { url } = await receiver(drip(50))
  expect(await prober().probe(url)).toMatchObject({ status: 'DOWN', latencyMs: null })
  const deaf = kept(await startDeafReceiver())
  expect(await prober().probe(deaf.url)).toMatchObject({ status: 'DOWN' })
})

describe('a result says whether the service was contacted', () => {
  const failing = (code: string) =>
    prober((hostname, _options, done) =>
      done(Object.assign(new Error(code), { code, syscall: 'getaddrinfo', hostname }), []),
    )

  test('not if the address is blocked or the URL is invalid', async () => {
    const closed = kept(createProber({ policy: probePolicy({ PROBE_ALLOWED_CIDRS: [] }), timeoutMs: 300 }))
    for (const url of ['http://127.0.0.1:9/', 'http://localhost:9/', 'http://10.1.2.3/ping', 'not a URL'])
      expect(await closed.probe(url)).toMatchObject({ status: 'DOWN', latencyMs: null, isContacted: false })
  })

  test('not if its name does not resolve, or not in time', async () => {
    for (const code of ['ENOTFOUND', 'EAI_AGAIN'])
      expect(await failing(code).probe('http://crm.test/')).toMatchObject({ status: 'DOWN', isContacted: false })
    expect(await prober(() => {}).probe('http://crm.test/')).toMatchObject({
      status: 'DOWN',
      isContacted: false,
      error: expect.stringContaining('crm.test was not found within 0.3 s'),
    })
  })

  test('if it refuses the connection, does not answer or answers with an error', async () => {
    const refusing = await receiver()
    await refusing.close()
    const deaf = kept(await startDeafReceiver())
    const { url } = await receiver(ok(503))
    for (const one of [refusing.url, deaf.url, url])
      expect(await prober().probe(one)).toMatchObject({ status: 'DOWN', isContacted: true })
  })
})

test('each probe uses its own connection', async () => {
  const server = await receiver()
  const one = prober()
  await one.probe(server.url)
  await one.probe(server.url)
  expect(server.connections).toBe(2)
})

describe('metadata addresses', () => {
  test.each([
    '169.254.169.254',
    '169.254.170.2',
    'fd00:ec2::254',
    'fe80::a9fe:a9fe',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    '::ffff:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
  ])('%s stays closed, whatever is opened', (address) => {
    expect(blockedKind(address, OPEN.allowedCidrs, OPEN.deniedCidrs)).not.toBeNull()
  })

  test('are not reached through a name either', async () => {
    const { status, error } = await prober((_host, _options, done) =>
      done(null, [{ address: '169.254.169.254', family: 4 }]),
    ).probe('http://metadata.test/')
    expect({ status, error }).toEqual({
      status: 'DOWN',
      error: expect.stringContaining('metadata.test resolves to an address that no setting allows'),
    })
  })

  test('others are allowed if the setting contains them', () => {
    for (const address of ['10.0.0.1', '127.0.0.1', '::1', 'fd12::1'])
      expect(blockedKind(address, OPEN.allowedCidrs, OPEN.deniedCidrs)).toBeNull()
  })
})

test('the words of the usual health formats are understood; any other body counts as OK', async () => {
  const words = ['ok', 'PASS', 'UP', 'Healthy', 'degraded', 'warn', 'DOWN', 'fail', 'Unhealthy', 'whatever']
  expect(words.map((word) => statusOfBody(JSON.stringify({ status: word }), 'here').status)).toEqual([
    ...Array(4).fill('OK'),
    ...Array(2).fill('DEGRADED'),
    ...Array(3).fill('DOWN'),
    'OK',
  ])
  for (const body of ['', 'fine', '[1]', '{"status":', '{"status":7}', 'null'])
    expect(statusOfBody(body, 'here')).toEqual({ status: 'OK', error: null })
  const { url } = await receiver(ok(200, '{"status":"fail","output":"disk full"}'))
  expect(await prober().probe(url)).toMatchObject({
    status: 'DOWN',
    error: expect.stringMatching(/reported the status fail: disk full$/),
  })
})
