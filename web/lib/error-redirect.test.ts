import { CombinedGraphQLErrors, ServerError } from '@apollo/client/errors'
import { expect, it } from 'vitest'
import { detourOf } from './error-redirect.ts'

const coded = (extensions: Record<string, unknown>) =>
  new CombinedGraphQLErrors({ data: null, errors: [{ message: 'no', extensions }] })

it('an error that a page cannot handle redirects and returns', () => {
  const to = (error: unknown) => detourOf(error, '/events?window=all')
  expect(to(coded({ code: 'UNAUTHENTICATED' }))).toEqual({ to: '/sign-in?next=%2Fevents%3Fwindow%3Dall' })
  const status401 = new ServerError('401', { response: new Response(null, { status: 401 }), bodyText: '' })
  expect(to(status401)).toEqual({ to: '/sign-in?next=%2Fevents%3Fwindow%3Dall' })
  expect(to(coded({ code: 'BAD_USER_INPUT', tenants: ['tenant-1', 'tenant-2'] }))).toEqual({
    to: '/choose-tenant?next=%2Fevents%3Fwindow%3Dall',
  })
  expect(to(coded({ code: 'CONFLICT', reason: 'tenant' }))).toBe('anew')
})

it('the page shows all other errors', () => {
  for (const extensions of [{ code: 'CONFLICT' }, { code: 'BAD_USER_INPUT' }, { code: 'FORBIDDEN' }, {}])
    expect(detourOf(coded(extensions), '/events')).toBeNull()
  expect(detourOf(new TypeError('Failed to fetch'), '/events')).toBeNull()
})
