import { randomBytes } from 'node:crypto'
import { NextRequest, NextResponse } from 'next/server'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { dropLogin, keepLogin, readLogin } from './login-cookie.ts'

beforeEach(() => void vi.stubEnv('SECRET_KEY', randomBytes(32).toString('base64')))
afterEach(() => void vi.unstubAllEnvs())

const NAME = 'aetherlink_login_state-of-012'
const login = {
  state: 'state-of-0123456789',
  nonce: 'n',
  verifier: 'v',
  redirectUri: 'https://console.example/auth/callback',
  next: '/events',
  until: 2_000,
}
const requestWith = (cookie = '') => new NextRequest('https://console.example/auth/login', { headers: { cookie } })

it('a sign-in in progress is readable by its browser until it expires', () => {
  const response = new NextResponse()
  keepLogin(requestWith(), response, login)
  const [cookie] = response.cookies.getAll()
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'lax', secure: true, path: '/', maxAge: 600 })
  const request = requestWith(`${cookie?.name}=${cookie?.value}`)
  expect(readLogin(request, login.state, 1_999)).toEqual(login)
  expect(readLogin(request, login.state, 2_000)).toBeNull()
  expect(readLogin(request, 'state-of-0123456780', 1_999)).toBeNull()
  dropLogin(request, response, login.state)
  expect(response.cookies.get(cookie?.name ?? '')).toMatchObject({ value: '', maxAge: 0 })
})

it('a sign-in cookie set by another site of the domain is ignored', () => {
  const response = new NextResponse()
  keepLogin(requestWith(), response, login)
  const [cookie] = response.cookies.getAll()
  expect(cookie?.name).toBe(`__Host-${NAME}`)
  expect(readLogin(requestWith(`${NAME}=${cookie?.value}`), login.state, 1_999)).toBeNull()
})
