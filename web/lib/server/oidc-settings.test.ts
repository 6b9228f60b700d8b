import { describe, expect, it } from 'vitest'
import { oidcSettings, webOrigin } from './oidc-settings.ts'

const sound = {
  OIDC_ISSUER: 'https://id.example/realms/main',
  OIDC_CLIENT_ID: 'aetherlink-web',
  SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
}

describe('oidcSettings', () => {
  it('is null without a client, regardless of the settings of the API', () => {
    expect(oidcSettings({ OIDC_ISSUER: sound.OIDC_ISSUER })).toBeNull()
  })

  it('has its defaults', () => {
    expect(oidcSettings(sound)).toEqual({
      issuer: new URL(sound.OIDC_ISSUER),
      clientId: 'aetherlink-web',
      clientSecret: null,
      scopes: 'openid profile',
      resource: null,
    })
  })

  it.each([
    [{ OIDC_CLIENT_ID: '', OIDC_CLIENT_SECRET: 's' }, 'OIDC_CLIENT_ID'],
    [{ OIDC_ISSUER: '' }, 'OIDC_ISSUER'],
    [{ OIDC_ISSUER: 'id.example' }, 'OIDC_ISSUER'],
    [{ OIDC_SCOPES: 'profile' }, 'OIDC_SCOPES'],
    [{ SECRET_KEY: 'c2hvcnQ=' }, 'SECRET_KEY'],
  ])('names what is wrong with %j', (change, name) => {
    expect(() => oidcSettings({ ...sound, ...change })).toThrow(name)
  })
})

it('webOrigin accepts only an origin', () => {
  expect(webOrigin({})).toBeNull()
  expect(webOrigin({ WEB_URL: 'https://console.example' })?.origin).toBe('https://console.example')
  expect(() => webOrigin({ WEB_URL: 'https://console.example/app' })).toThrow('WEB_URL')
})
