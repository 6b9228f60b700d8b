import type { NextRequest, NextResponse } from 'next/server'
import { sealingSecret } from '@/lib/oidc-settings.ts'
import { isHttps } from '@/lib/site.ts'
import type { Login } from './oidc.ts'
import { seal, unseal } from './seal.ts'

/** How long somebody may take at the provider. */
export const LOGIN_MS = 600_000

/** One for each sign-in that is under way: two tabs do not undo each other's. */
const nameOf = (state: string): string => `aetherlink_login_${state.replace(/[^\w-]/g, '').slice(0, 12)}`

const optionsOf = (request: NextRequest) =>
  // Lax, not Strict: the provider leads back from another site.
  ({ httpOnly: true, sameSite: 'lax', path: '/auth', secure: isHttps(request) }) as const

export function keepLogin(request: NextRequest, response: NextResponse, login: Login): void {
  response.cookies.set(nameOf(login.state), seal(sealingSecret(), 'login', login), {
    ...optionsOf(request),
    maxAge: LOGIN_MS / 1_000,
  })
}

/** The sign-in that this browser began with `state`, or null: none, or too long ago. */
export function readLogin(request: NextRequest, state: string, now = Date.now()): Login | null {
  const value = unseal(sealingSecret(), 'login', request.cookies.get(nameOf(state))?.value ?? '')
  return isLogin(value) && value.state === state && value.until > now ? value : null
}

const isLogin = (value: unknown): value is Login => typeof value === 'object' && value !== null && 'verifier' in value

export function dropLogin(request: NextRequest, response: NextResponse, state: string): void {
  response.cookies.set(nameOf(state), '', { ...optionsOf(request), maxAge: 0 })
}
