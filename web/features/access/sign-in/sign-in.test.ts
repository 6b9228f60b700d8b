import { describe, expect, it } from 'vitest'
import { parseSignIn } from './sign-in.ts'

describe('parseSignIn', () => {
  it('accepts an API key', () => {
    expect(parseSignIn({ kind: 'key', key: ' alk_0123-abc ' })).toEqual({ kind: 'key', key: 'alk_0123-abc' })
  })

  it('accepts a role with or without a tenant and a name', () => {
    expect(parseSignIn({ kind: 'dev', role: 'VIEWER', tenantId: ' ', name: undefined })).toEqual({
      kind: 'dev',
      role: 'VIEWER',
      tenantId: null,
      name: null,
    })
    expect(parseSignIn({ kind: 'dev', role: 'ADMIN', tenantId: 'tenant-1', name: 'Kim' })).toEqual({
      kind: 'dev',
      role: 'ADMIN',
      tenantId: 'tenant-1',
      name: 'Kim',
    })
  })

  it.each([
    [null, 'body'],
    ['alk_x', 'body'],
    [{ kind: 'oidc' }, 'kind'],
    [{ kind: 'key', key: 'secret' }, 'key'],
    [{ kind: 'key', key: 'alk_a\r\nx: y' }, 'key'],
    [{ kind: 'dev', role: 'ROOT' }, 'role'],
    [{ kind: 'dev', role: 'ADMIN', tenantId: 7 }, 'tenantId'],
    [{ kind: 'dev', role: 'ADMIN', name: 'n'.repeat(101) }, 'name'],
  ])('names what is wrong with %j', (body, field) => {
    expect(parseSignIn(body)).toEqual({ problem: expect.stringContaining(field) })
  })
})
