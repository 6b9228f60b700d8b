import { describe, expect, it } from 'vitest'
import { afterSignIn, tokenStatusIn } from './token-status.ts'

const refused = (extensions: object) => ({ errors: [{ message: 'no', extensions }] })

describe('tokenStatusIn', () => {
  it.each([
    [200, { data: { viewer: { roles: ['VIEWER'] } } }, { is: 'known' }],
    [200, { data: null, errors: [{ message: 'no' }] }, { is: 'unknown' }],
    [200, 'a page of some proxy', { is: 'unknown' }],
    [401, refused({ code: 'UNAUTHENTICATED' }), { is: 'unknown' }],
    [403, refused({ code: 'FORBIDDEN' }), { is: 'powerless' }],
    [429, null, { is: 'away' }],
    [503, undefined, { is: 'away' }],
    [400, refused({ tenants: ['tenant-1', 'tenant-2'] }), { is: 'several', tenants: ['tenant-1', 'tenant-2'] }],
    [400, refused({ tenants: 'tenant-1' }), { is: 'unknown' }],
    [400, { errors: [] }, { is: 'unknown' }],
  ])('reads %i %j', (status, answer, expected) => {
    expect(tokenStatusIn(status, answer)).toEqual(expected)
  })
})

describe('afterSignIn', () => {
  const several = { is: 'several', tenants: ['tenant-1', 'tenant-2'] } as const
  it('keeps an earlier choice that is still available, otherwise requires one', () => {
    expect(afterSignIn(several, 'tenant-2')).toBe('keep')
    expect(afterSignIn(several, 'tenant-3')).toBe('choose')
    expect(afterSignIn(several, null)).toBe('choose')
  })

  it('drops it if there is no choice, but not if the API is unavailable', () => {
    expect(afterSignIn({ is: 'known' }, 'tenant-2')).toBe('drop')
    expect(afterSignIn({ is: 'away' }, 'tenant-2')).toBe('keep')
  })
})
