import { type LookupAddress, lookup } from 'node:dns'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  AddressError,
  checkUrl,
  guardedLookup,
  isBlocked,
  parsePolicy,
  type Resolver,
  resolveAndCheck,
} from './address-guard.ts'

const open = parsePolicy({ allowedCidrs: [], httpsOnly: false })

function refusal(url: string, policy = open): string {
  try {
    checkUrl(url, policy)
  } catch (error) {
    if (error instanceof AddressError) return error.code
    throw error
  }
  return 'accepted'
}

/** Answers each look-up with the next of `answers`; the last is repeated. */
function resolverOf(...answers: string[][]): Resolver & { asked: number } {
  const resolver = (_name: string, _options: unknown, callback: Parameters<Resolver>[2]) => {
    const now = answers[Math.min(resolver.asked++, answers.length - 1)] ?? []
    callback(
      null,
      now.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )
  }
  resolver.asked = 0
  return resolver
}

function ask(look: ReturnType<typeof guardedLookup>, options: { all?: boolean; family?: number } = { all: true }) {
  return new Promise<string | LookupAddress[]>((resolve, reject) =>
    look('hooks.example', options, (error, answer) => (error ? reject(error) : resolve(answer))),
  )
}

test('every form of a blocked literal is refused', () => {
  const blocked = [
    'http://127.0.0.1',
    'http://127.1',
    'http://0x7f.1',
    'http://2130706433',
    'http://0177.0.0.1',
    'http://0',
    'http://127.0.0.1.',
    'http://１２７.0.0.1',
    'http://127%2e0%2e0%2e1',
    'http://10.0.0.1',
    'http://172.16.0.1',
    'http://172.31.255.255',
    'http://192.168.1.1',
    'http://100.64.0.1',
    'http://100.100.100.200',
    'http://169.254.169.254',
    'http://168.63.129.16',
    'http://224.0.0.1',
    'http://255.255.255.255',
    'http://240.0.0.1',
    'http://198.18.0.1',
    'http://192.0.2.1',
    'http://192.0.0.192',
    'http://198.51.100.1',
    'http://203.0.113.1',
    'http://192.88.99.1',
    'http://[::]',
    'http://[::1]',
    'http://[::ffff:10.0.0.1]',
    'http://[::ffff:8.8.8.8]',
    'http://[::10.0.0.1]',
    'http://[::ffff:0:10.0.0.1]',
    'http://[64:ff9b::10.0.0.1]',
    'http://[64:ff9b::8.8.8.8]',
    'http://[64:ff9b:1::1]',
    'http://[2002:a00:1::1]',
    'http://[2001:470:1::5efe:127.0.0.1]',
    'http://[2001:470:1:0:200:5efe:10.0.0.1]',
    'http://[2001::1]',
    'http://[fe80::1]',
    'http://[fec0::1]',
    'http://[fc00::1]',
    'http://[fd00:ec2::254]',
    'http://[ff02::1]',
    'http://[2001:db8::1]',
    'http://[3fff::1]',
    'http://[100::1]',
    'http://[5f00::1]',
    'http://[4000::1]',
    'https://[::1]:8443/path',
  ]
  expect(blocked.filter((url) => refusal(url) !== 'BLOCKED_ADDRESS')).toEqual([])
})

test('public addresses and names are accepted, and invalid or too long URLs are refused by name', () => {
  for (const url of [
    'https://hooks.example.com/x?y=1',
    'http://8.8.8.8:81',
    'http://[2606:4700::1111]/',
    'http://172.32.0.1',
    'http://100.128.0.1',
  ]) {
    expect(refusal(url)).toBe('accepted')
  }
  expect(refusal('file:///etc/passwd')).toBe('URL_SCHEME')
  expect(refusal('gopher://example.com')).toBe('URL_SCHEME')
  expect(refusal('http://example.com', parsePolicy({ allowedCidrs: [], httpsOnly: true }))).toBe('URL_SCHEME')
  expect(refusal('https://user:secret@example.com')).toBe('URL_CREDENTIALS')
  expect(refusal('https://user@example.com')).toBe('URL_CREDENTIALS')
  for (const url of [
    '',
    'example.com',
    'http://',
    'http://999.1.1.1',
    'http://exam\nple.com',
    ' https://example.com',
    'http://[fe80::1%25eth0]/',
  ]) {
    expect(refusal(url)).toBe('URL_INVALID')
  }
  expect(refusal(`https://example.com/${'a'.repeat(2048)}`)).toBe('URL_TOO_LONG')
  expect(refusal(`https://example.com/${'ä'.repeat(1000)}`)).toBe('URL_TOO_LONG')
})

test('IPv4 addresses in IPv6 form are refused, and all of private networks', () => {
  const byte = fc.nat(255)
  fc.assert(
    fc.property(byte, byte, byte, byte, (a, b, c, d) => {
      const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
      for (const form of [
        `::ffff:${hex}`,
        `::${hex}`,
        `64:ff9b::${hex}`,
        `2002:${hex}::1`,
        `::ffff:0:${hex}`,
        `2001:470:1::5efe:${hex}`,
        `2001:470:1:0:200:5efe:${hex}`,
      ]) {
        expect(isBlocked(form, [])).toBe(true)
      }
      expect(isBlocked(`10.${b}.${c}.${d}`, [])).toBe(true)
      expect(isBlocked(`127.${b}.${c}.${d}`, [])).toBe(true)
    }),
  )
  expect(isBlocked('not an address', [])).toBe(true)
  expect(isBlocked('fe80::1%eth0', [])).toBe(true)
})

test('addresses in allowed networks are accepted, but not in their IPv6 forms', () => {
  const policy = parsePolicy({ allowedCidrs: ['10.1.0.0/16', '127.0.0.1', 'fd00::/8'], httpsOnly: false })
  expect(refusal('http://10.1.2.3', policy)).toBe('accepted')
  expect(refusal('http://127.1', policy)).toBe('accepted')
  expect(refusal('http://[fd12::1]', policy)).toBe('accepted')
  for (const url of ['http://10.2.0.1', 'http://127.0.0.2', 'http://[::ffff:10.1.2.3]', 'http://[fc00::1]']) {
    expect(refusal(url, policy)).toBe('BLOCKED_ADDRESS')
  }
  for (const cidr of ['', '10.0.0.0/33', '10.0/8', 'localhost', '10.0.0.0/x', '::/129', '/8']) {
    expect(() => parsePolicy({ allowedCidrs: [cidr], httpsOnly: false })).toThrow(`"${cidr}" is not a network`)
  }
})

test('a name with any blocked address is refused completely, and the address is not revealed', async () => {
  const mixed = ask(guardedLookup(open, resolverOf(['8.8.8.8', '10.0.0.7'])))
  await expect(mixed).rejects.toMatchObject({ code: 'BLOCKED_ADDRESS' })
  await expect(mixed).rejects.not.toThrow('10.0.0.7')
  await expect(ask(guardedLookup(open, resolverOf(['8.8.8.8', '::1'])), { family: 4 })).rejects.toMatchObject({
    code: 'BLOCKED_ADDRESS',
  })
  expect(await ask(guardedLookup(open, resolverOf(['8.8.8.8', '2606:4700::1111'])))).toEqual([
    { address: '8.8.8.8', family: 4 },
    { address: '2606:4700::1111', family: 6 },
  ])
  expect(await ask(guardedLookup(open, resolverOf(['8.8.8.8', '2606:4700::1111'])), { family: 6 })).toBe(
    '2606:4700::1111',
  )
  await expect(ask(guardedLookup(open, resolverOf(['8.8.8.8'])), { family: 6 })).rejects.toMatchObject({
    code: 'ENOTFOUND',
  })
})

test('a name that resolves to a private address at its second look-up is refused then', async () => {
  const resolver = resolverOf(['8.8.8.8'], ['127.0.0.1'])
  const look = guardedLookup(open, resolver)
  expect(await ask(look)).toEqual([{ address: '8.8.8.8', family: 4 }])
  await expect(ask(look)).rejects.toMatchObject({ code: 'BLOCKED_ADDRESS' })
  expect(resolver.asked).toBe(2)
})

test('concurrent look-ups of one name are joined; a failed one fails them all', async () => {
  const pending: (() => void)[] = []
  const look = guardedLookup(open, (_name, _options, callback) => {
    pending.push(() => callback(Object.assign(new Error('no answer'), { code: 'EAI_AGAIN' }), []))
  })
  const all = Array.from({ length: 100 }, () => ask(look))
  expect(pending).toHaveLength(1)
  pending[0]?.()
  for (const result of await Promise.allSettled(all)) expect(result).toMatchObject({ reason: { code: 'EAI_AGAIN' } })
})

test('a name that resolves to a private address is refused on entry, and an unresolvable one is accepted', async () => {
  await expect(resolveAndCheck('http://localhost:8010/', open)).rejects.toMatchObject({ code: 'BLOCKED_ADDRESS' })
  await expect(
    resolveAndCheck('http://hooks.example/', open, { resolver: resolverOf(['192.168.0.1']) }),
  ).rejects.toThrow('a private address')
  const failing: Resolver = (_name, _options, callback) =>
    callback(Object.assign(new Error('x'), { code: 'ENOTFOUND' }), [])
  expect((await resolveAndCheck('http://hooks.example/', open, { resolver: failing })).hostname).toBe('hooks.example')
  const silent: Resolver = () => {}
  expect((await resolveAndCheck('http://hooks.example/', open, { resolver: silent, timeoutMs: 1 })).hostname).toBe(
    'hooks.example',
  )
  await expect(resolveAndCheck('http://[::1]/', open, { resolver: lookup })).rejects.toMatchObject({
    code: 'BLOCKED_ADDRESS',
  })
})
