import { describe, expect, test } from 'vitest'
import { parseEnv } from '../env.ts'
import { createClientIpOf } from './client-ip.ts'

const networksOf = (TRUSTED_PROXIES: string) =>
  parseEnv({
    DATABASE_URL: 'postgresql://localhost/x',
    REDIS_URL: 'redis://localhost',
    SECRET_KEY: Buffer.alloc(32).toString('base64'),
    TRUSTED_PROXIES,
  }).TRUSTED_PROXIES

/** The client of a request from `peer`, to an API that trusts some proxies. */
const clientOf = (trusted: string, peer: string | undefined, named?: string) => {
  const headers = named === undefined ? {} : { 'x-forwarded-for': named }
  return createClientIpOf(networksOf(trusted))({ socket: { remoteAddress: peer }, headers })
}
const PROXIES = '10.0.0.0/8, 2001:db8:ffff::/48, ::1'

describe('the address of a client', () => {
  test('is that of its peer and cannot be forged', () => {
    for (const trusted of ['', '10.0.0.0/8', '203.0.113.70/32'])
      for (const named of [undefined, '', '8.8.8.8', '10.0.0.1', '127.0.0.1, 10.0.0.1', '203.0.113.7'])
        expect(clientOf(trusted, '203.0.113.7', named)).toBe('203.0.113.7')
    expect(clientOf('', '::ffff:203.0.113.7', '8.8.8.8')).toBe('203.0.113.7')
    expect(clientOf('10.0.0.0/8', '2001:db8::1', '8.8.8.8')).toBe('2001:db8::1')
    expect(clientOf(PROXIES, undefined, '8.8.8.8')).toBeNull()
  })

  test('is the last forwarded address that is not a proxy, regardless of the addresses before it', () => {
    expect(clientOf(PROXIES, '10.0.0.1', '203.0.113.7')).toBe('203.0.113.7')
    expect(clientOf(PROXIES, '::ffff:10.0.0.1', '8.8.8.8, 203.0.113.7')).toBe('203.0.113.7')
    expect(clientOf(PROXIES, '::1', '8.8.8.8,10.0.0.9 ,203.0.113.7,10.0.0.2,\t2001:db8:ffff::5')).toBe('203.0.113.7')
    expect(clientOf(PROXIES, '10.0.0.1', '8.8.8.8, 2001:DB8:0:0::7')).toBe('2001:db8::7')
    expect(clientOf(PROXIES, '10.0.0.1', '8.8.8.8, ::ffff:203.0.113.7')).toBe('203.0.113.7')
    expect(clientOf('fe80::/10', 'fe80::1%eth0', '203.0.113.7')).toBe('203.0.113.7')
  })

  test('is the first proxy if no other address is given', () => {
    expect(clientOf(PROXIES, '10.0.0.1')).toBe('10.0.0.1')
    expect(clientOf(PROXIES, '10.0.0.1', '')).toBe('10.0.0.1')
    expect(clientOf(PROXIES, '10.0.0.1', '10.0.0.3, 10.0.0.2')).toBe('10.0.0.3')
    expect(clientOf('0.0.0.0/0', '203.0.113.7', '8.8.8.8, 9.9.9.9')).toBe('8.8.8.8')
  })

  test('is not searched beyond an invalid address', () => {
    const wrong = [
      'unknown',
      '_hidden',
      'localhost',
      '10.0.0',
      '010.0.0.2',
      '10.0.0.2/32',
      '0x0a000002',
      '167772162',
      '10.0.0.2:port',
      '10.0.0.2:123456',
      '[10.0.0.2',
      '[::1]]',
      '[]',
      '::1:5678x',
      'fe80::1%eth0',
      'for=10.0.0.2',
      '"10.0.0.2"',
      '10.0.0.2 10.0.0.2',
      '',
      '<script>',
    ]
    for (const entry of wrong) {
      expect([entry, clientOf(PROXIES, '10.0.0.1', `8.8.8.8, ${entry}`)]).toEqual([entry, '10.0.0.1'])
      expect([entry, clientOf(PROXIES, '10.0.0.1', `8.8.8.8, ${entry}, 10.0.0.5`)]).toEqual([entry, '10.0.0.5'])
      expect([entry, clientOf(PROXIES, '10.0.0.1', `${entry}, 203.0.113.7`)]).toEqual([entry, '203.0.113.7'])
    }
  })

  test('may have a port', () => {
    expect(clientOf(PROXIES, '10.0.0.1', '8.8.8.8, 203.0.113.7:65535')).toBe('203.0.113.7')
    expect(clientOf(PROXIES, '10.0.0.1', '8.8.8.8, [2001:db8::7]:443')).toBe('2001:db8::7')
    expect(clientOf(PROXIES, '10.0.0.1', '8.8.8.8, [2001:db8::7]')).toBe('2001:db8::7')
    expect(clientOf(PROXIES, '10.0.0.1', '203.0.113.7, 10.0.0.3:80, [2001:db8:ffff::1]:80')).toBe('203.0.113.7')
  })

  // The work is limited by the number of entries that are read, not by the length of the header.
  test('is found among the last entries, however many are named', () => {
    const many = (entry: string) => Array.from({ length: 10_000 }, () => entry).join(', ')
    expect(clientOf(PROXIES, '10.0.0.1', `8.8.8.8, ${many('10.0.0.2')}`)).toBe('10.0.0.2')
    expect(clientOf(PROXIES, '10.0.0.1', `${many('8.8.8.8')}, 203.0.113.7`)).toBe('203.0.113.7')
    expect(clientOf(PROXIES, '10.0.0.1', ','.repeat(10_000))).toBe('10.0.0.1')
  })
})

describe('TRUSTED_PROXIES', () => {
  test('accepts addresses and networks, also IPv4-mapped ones', () => {
    expect(networksOf('')).toEqual([])
    expect(networksOf('127.0.0.0/8, ::1 ,')).toHaveLength(2)
    expect(clientOf('::ffff:10.0.0.0/104', '10.2.3.4', '203.0.113.7')).toBe('203.0.113.7')
    expect(clientOf('::ffff:10.0.0.1', '::ffff:10.0.0.1', '203.0.113.7')).toBe('203.0.113.7')
    expect(clientOf('::/0', '10.0.0.1', '203.0.113.7')).toBe('10.0.0.1')
  })

  test.each(['web', '10.0.0.0/33', '10.0.0', '010.0.0.1', '10.0.0.1:80', '10.0.0.0/8/8', '*', 'fe80::1%eth0/64'])(
    'rejects %s at the start',
    (wrong) => {
      expect(() => networksOf(`127.0.0.1, ${wrong}`)).toThrow(`TRUSTED_PROXIES is "127.0.0.1, ${wrong}": "${wrong}" is`)
    },
  )
})
