import type { NextRequest, NextResponse } from 'next/server'
import { dropCookie, jarOf, setCookie } from '@/lib/server/cookies.ts'
import { sealingSecret } from '@/lib/server/sealing-secret.ts'
import { seal, unseal } from '../cookie-seal.ts'
import type { Login } from './oidc.ts'

/** Time limit for a sign-in at the provider. */
export const LOGIN_MS = 600_000

/** One cookie per sign-in in progress, so that two tabs do not interfere. */
const nameOf = (state: string): string => `aetherlink_login_${state.replace(/[^\w-]/g, '').slice(0, 12)}`

export function keepLogin(request: NextRequest, response: NextResponse, login: Login): void {
  const value = seal(sealingSecret(), 'login', login)
  setCookie(request, response, nameOf(login.state), value, { maxAge: LOGIN_MS / 1_000 })
}

/** The sign-in that this browser started with `state`; null if no such sign-in exists or it has expired. */
export function readLogin(request: NextRequest, state: string, now = Date.now()): Login | null {
  const value = unseal(sealingSecret(), 'login', jarOf(request)(nameOf(state)) ?? '')
  return isLogin(value) && value.state === state && value.until > now ? value : null
}

const isLogin = (value: unknown): value is Login => typeof value === 'object' && value !== null && 'verifier' in value

export const dropLogin = (request: NextRequest, response: NextResponse, state: string): void =>
  dropCookie(request, response, nameOf(state))
