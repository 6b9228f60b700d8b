import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chooseTenantPath, HOME, safeNext, signInPath } from './next-path.ts'

describe('safeNext', () => {
  it('keeps a path of this site with its query and fragment', () => {
    expect(safeNext('/events?severity=error&tenant=tenant-1#top')).toBe('/events?severity=error&tenant=tenant-1#top')
  })

  it.each([
    undefined,
    ['/events'],
    '',
    'events',
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example/',
    '/\t/evil.example/',
    '/..//evil.example/',
    'javascript:alert(1)',
    '/sign-in?next=/sign-in',
    '/session',
    '/choose-tenant?next=/events',
    '/auth/login?next=/events',
    `/${'a'.repeat(3_000)}`,
  ])('answers the home page for %j', (value) => {
    expect(safeNext(value)).toBe(HOME)
  })

  it('never leaves the site', () => {
    const piece = fc.constantFrom(
      '/',
      '\\',
      '.',
      '..',
      '%2f',
      '@',
      ':',
      '?',
      '#',
      '\t',
      '\n',
      ' ',
      'evil.example',
      'http',
    )
    const text = fc.oneof(
      fc.string(),
      fc.array(piece).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(text, (value) => {
        const origin = 'https://console.example'
        expect(new URL(safeNext(value), origin).origin).toBe(origin)
      }),
    )
  })
})

describe('signInPath', () => {
  it('contains the requested page', () => {
    expect(signInPath('/events?tenant=tenant-1')).toBe('/sign-in?next=%2Fevents%3Ftenant%3Dtenant-1')
    expect(signInPath('/')).toBe('/sign-in')
    expect(chooseTenantPath('/events')).toBe('/choose-tenant?next=%2Fevents')
  })
})
