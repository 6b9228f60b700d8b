import { NextRequest, NextResponse } from 'next/server'
import { describe, expect, it } from 'vitest'
import { jarOf } from '@/lib/server/cookies.ts'
import type { Session } from '../session.ts'
import { dropChoice, keepChoice, readChoice, TENANT_COOKIE } from './tenant-choice.ts'

const sessionOf = (subject?: string): Session => ({
  kind: 'oidc',
  sealed: '',
  tokens: { id: 'one', subject, accessToken: 't', refreshToken: null, idToken: null, renewAt: 1, expiresAt: 2 },
})
const request = new NextRequest('https://console.example/')

function keep(session: Session, tenantId: string) {
  const response = new NextResponse()
  const kept = keepChoice(request, response, session, tenantId)
  const cookie = response.cookies.get(`__Host-${TENANT_COOKIE}`)
  return { kept, cookie, read: (by: Session | null) => readChoice(by, () => cookie?.value) }
}

describe('the chosen tenant', () => {
  it('applies only to the account that chose it', () => {
    const { kept, read } = keep(sessionOf('ann@example.com'), 'tenant-1')
    expect(kept).toBe(true)
    expect(read(sessionOf('ann@example.com'))).toBe('tenant-1')
    for (const other of [sessionOf('bob'), sessionOf(), { kind: 'token', token: 'alk_0123' } as const, null])
      expect(read(other)).toBeNull()
  })

  it('does not exist for a session without an account', () => {
    expect(keep({ kind: 'token', token: 'alk_0123' }, 'tenant-1')).toMatchObject({ kept: false, cookie: undefined })
    expect(keep(sessionOf(), 'tenant-1').kept).toBe(false)
  })

  it('is stored in an HttpOnly cookie that does not reveal the account', () => {
    const { cookie } = keep(sessionOf('ann@example.com'), 'tenant-1')
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'lax', secure: true, path: '/' })
    expect(cookie?.value).not.toContain('ann')
    const response = new NextResponse()
    dropChoice(request, response)
    expect(response.cookies.get(`__Host-${TENANT_COOKIE}`)).toMatchObject({ value: '', maxAge: 0 })
  })

  it('is ignored if another site of the domain set it', () => {
    const { cookie } = keep(sessionOf('ann'), 'tenant-1')
    const read = (name: string) => {
      const headers = { cookie: `${name}=${cookie?.value}` }
      return readChoice(sessionOf('ann'), jarOf(new NextRequest('https://console.example/', { headers })))
    }
    expect([read(`__Host-${TENANT_COOKIE}`), read(TENANT_COOKIE)]).toEqual(['tenant-1', null])
  })

  it.each(['', 'tenant-1', '.', 'tenant-1.', 'Tenant.x', 'a\r\nx: y.z'])('is ignored in a cookie of %j', (value) => {
    expect(readChoice(sessionOf('ann'), () => value)).toBeNull()
  })

  it('is ignored if it is not a valid header', () => {
    const mark = keep(sessionOf('ann'), 'tenant-1').cookie?.value.split('.')[1]
    expect(readChoice(sessionOf('ann'), () => `tenant-1.${mark}`)).toBe('tenant-1')
    expect(readChoice(sessionOf('ann'), () => `a\r\nx: y.${mark}`)).toBeNull()
  })
})
