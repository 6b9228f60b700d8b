import { expect, test } from 'vitest'
import { parseEnv, SettingsError } from '../env.ts'

const SOUND = {
  DATABASE_URL: 'postgresql://localhost/x',
  REDIS_URL: 'redis://localhost',
  SECRET_KEY: Buffer.alloc(32).toString('base64'),
}
const OIDC = { OIDC_ISSUER: 'https://id.example.com/realms/ops', OIDC_AUDIENCE: 'aetherlink, account' }
const GATEWAY = { AUTH_MODE: 'headers', GATEWAY_SECRET: 'x'.repeat(32) }

test('OIDC can be combined with every other credential', () => {
  for (const also of [{}, GATEWAY, { AUTH_MODE: 'dev' }]) {
    const env = parseEnv({ ...SOUND, ...OIDC, ...also, OIDC_ROLE_MAP: 'cn=ops:EU:operator, admins:ADMIN,' })
    expect(env.OIDC_AUDIENCE).toEqual(['aetherlink', 'account'])
    expect([...(env.OIDC_ROLE_MAP ?? [])]).toEqual([
      ['cn=ops:EU', 'OPERATOR'],
      ['admins', 'ADMIN'],
    ])
  }
})

test.each([
  ['OIDC_AUDIENCE', { OIDC_ISSUER: OIDC.OIDC_ISSUER }],
  ['OIDC_AUDIENCE', { ...OIDC, OIDC_AUDIENCE: ' , ' }],
  ['OIDC_AUDIENCE', { OIDC_AUDIENCE: 'aetherlink' }],
  ['OIDC_JWKS_URI', { OIDC_JWKS_URI: 'https://id.example.com/keys' }],
  ['OIDC_ISSUER', { ...OIDC, OIDC_ISSUER: 'id.example.com' }],
  ['OIDC_ROLE_MAP', { ...OIDC, OIDC_ROLE_MAP: 'ops:ROOT' }],
  ['OIDC_ROLE_MAP', { ...OIDC, OIDC_ROLE_MAP: 'OPERATOR' }],
  ['OIDC_CLOCK_SKEW_SECONDS', { ...OIDC, OIDC_CLOCK_SKEW_SECONDS: '3600' }],
  ['GATEWAY_SECRET', { AUTH_MODE: 'headers' }],
  ['GATEWAY_SECRET', { ...GATEWAY, GATEWAY_SECRET: 'short' }],
  ['GATEWAY_SECRET', { ...GATEWAY, AUTH_MODE: 'keys' }],
  ['AUTH_MODE', { AUTH_MODE: 'dev', NODE_ENV: 'production' }],
  ['AUTH_MODE', { AUTH_MODE: 'oidc' }],
])('what does not go together stops the start, and %s is named', (name, given) => {
  const start = () => parseEnv({ ...SOUND, ...given })
  expect(start).toThrow(SettingsError)
  expect(start).toThrow(name)
  if ('GATEWAY_SECRET' in given) expect(start).not.toThrow(given.GATEWAY_SECRET)
})
