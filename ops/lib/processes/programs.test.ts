import { expect, test } from 'vitest'
import { parseOptions } from '../options.mjs'
import { environment } from './programs.mjs'

const secrets = {
  SECRET_KEY: 's',
  AETHERLINK_ADMIN_KEY: 'alk_x',
  DEMO_WEBHOOK_SECRET: 'd',
  POSTGRES_PASSWORD: 'p',
  REDIS_PASSWORD: 'r',
}

const environmentAt = (HOST: string, set: Record<string, string> = {}) => {
  const options = parseOptions([], { HOST })
  const before = { ...process.env }
  Object.assign(process.env, { AUTH_MODE: '', NODE_ENV: '', ...set })
  try {
    return options && environment(options, { databaseUrl: 'd', redisUrl: 'r', secrets })
  } finally {
    process.env = before
  }
}

test('sign-in without a password is only possible on this machine, unless requested otherwise', () => {
  const modeAt = (HOST: string, set = {}) => environmentAt(HOST, set)?.AUTH_MODE
  for (const here of ['127.0.0.1', 'localhost', '::1', '127.1.2.3']) expect([here, modeAt(here)]).toEqual([here, 'dev'])
  for (const open of ['0.0.0.0', '::', '192.168.1.4', '127.0.0.1.example.com'])
    expect([open, modeAt(open)]).toEqual([open, 'keys'])
  expect(modeAt('0.0.0.0', { AUTH_MODE: 'dev' })).toBe('dev')
  expect(modeAt('127.0.0.1', { NODE_ENV: 'production' })).toBe('keys')
})

test('the API trusts the web server, which is on this machine, and no other proxy by default', () => {
  const trustedAt = (HOST: string, set = {}) => environmentAt(HOST, set)?.TRUSTED_PROXIES?.split(',')
  expect(trustedAt('localhost')).toEqual(['127.0.0.0/8', '::1/128'])
  expect(trustedAt('0.0.0.0')).toEqual(['127.0.0.0/8', '::1/128', '127.0.0.1'])
  expect(trustedAt('192.168.1.4')).toEqual(['127.0.0.0/8', '::1/128', '192.168.1.4'])
  expect(trustedAt('0.0.0.0', { TRUSTED_PROXIES: '' })).toEqual([''])
  expect(trustedAt('0.0.0.0', { TRUSTED_PROXIES: '10.0.0.1' })).toEqual(['10.0.0.1'])
})
