import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { NextRequest } from 'next/server'
import { afterEach, expect, it, vi } from 'vitest'
import { config, proxy } from './proxy.ts'

afterEach(() => void vi.unstubAllEnvs())

const HSTS = 'strict-transport-security'
const visit = (path: string, headers: Record<string, string> = {}) =>
  proxy(new NextRequest(`http://127.0.0.1:3000${path}`, { headers: { host: 'console.example', ...headers } }))

it('pages over https send HSTS, pages over http do not', () => {
  for (const path of ['/sign-in', '/events']) {
    expect(visit(path, { 'x-forwarded-proto': 'https' }).headers.get(HSTS)).toBe('max-age=31536000')
    expect(visit(path).headers.get(HSTS)).toBeNull()
    vi.stubEnv('WEB_URL', 'https://console.example')
    expect(visit(path).headers.get(HSTS)).toBe('max-age=31536000')
    vi.unstubAllEnvs()
  }
})

it('a session cookie that another site of the domain could have set is ignored', () => {
  const https = { 'x-forwarded-proto': 'https' }
  const leadsTo = (headers: Record<string, string>) => visit('/events', headers).headers.get('location')
  expect(leadsTo({ ...https, cookie: 'aetherlink_session=s1.planted' })).toContain('/sign-in')
  expect(leadsTo({ ...https, cookie: '__Host-aetherlink_session=s1.ours' })).toBeNull()
  expect(leadsTo({ cookie: 'aetherlink_session=s1.ours' })).toBeNull()
})

it('an unknown path is a page with its policy, behind the sign-in', () => {
  const [pattern = ''] = config.matcher
  const isPage = (path: string) => new RegExp(`^${pattern}$`).test(path)
  const routes = readdirSync(join(import.meta.dirname, 'app'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('/route.ts'))
    .map((file) => `/${file.replace(/\/route\.ts$/, '')}`)
  expect(routes).toContain('/auth/callback')
  for (const path of [
    '/session',
    '/session/tenant',
    '/auth/login',
    '/auth/callback',
    '/graphql',
    '/health.json',
    ...routes,
  ])
    expect([path, isPage(path)]).toEqual([path, false])
  for (const path of ['/events', '/session/nope', '/auth/nope', '/auth/login/nope', '/graphql/nope'])
    expect([path, isPage(path)]).toEqual([path, true])
})
