import { expect, test } from 'vitest'
import { parseOptions } from './options.mjs'
import { environment } from './programs.mjs'

const secrets = {
  SECRET_KEY: 's',
  AETHERLINK_ADMIN_KEY: 'alk_x',
  DEMO_WEBHOOK_SECRET: 'd',
  POSTGRES_PASSWORD: 'p',
  REDIS_PASSWORD: 'r',
}

test('anybody may sign in as anybody on this machine alone, unless it is asked for', () => {
  const modeAt = (HOST: string, set: Record<string, string> = {}) => {
    const options = parseOptions([], { HOST })
    const before = { ...process.env }
    Object.assign(process.env, { AUTH_MODE: '', NODE_ENV: '', ...set })
    try {
      return options && environment(options, { databaseUrl: 'd', redisUrl: 'r', secrets }).AUTH_MODE
    } finally {
      process.env = before
    }
  }
  for (const here of ['127.0.0.1', 'localhost', '::1', '127.1.2.3']) expect([here, modeAt(here)]).toEqual([here, 'dev'])
  for (const open of ['0.0.0.0', '::', '192.168.1.4', '127.0.0.1.example.com'])
    expect([open, modeAt(open)]).toEqual([open, 'keys'])
  expect(modeAt('0.0.0.0', { AUTH_MODE: 'dev' })).toBe('dev')
  expect(modeAt('127.0.0.1', { NODE_ENV: 'production' })).toBe('keys')
})
