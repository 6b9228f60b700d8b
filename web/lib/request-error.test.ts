import { CombinedGraphQLErrors, ServerError } from '@apollo/client/errors'
import { describe, expect, it } from 'vitest'
import { problemOf } from './request-error.ts'

const answer = (status: number) =>
  new ServerError(`status ${status}`, { response: new Response(null, { status }), bodyText: '' })

describe('problemOf', () => {
  it('reads the code, message and request id of a coded error', () => {
    const error = new CombinedGraphQLErrors({
      data: null,
      errors: [{ message: 'a replay is in progress', extensions: { code: 'CONFLICT', requestId: 'r-1' } }],
    })
    expect(problemOf(error)).toEqual({
      code: 'CONFLICT',
      title: 'There is a conflict',
      detail: 'a replay is in progress',
      requestId: 'r-1',
      issues: [],
    })
  })

  it('reads which parts of the input are wrong', () => {
    const issues = [{ path: ['input', 'url'], message: 'expected an http or https URL' }]
    const error = new CombinedGraphQLErrors({
      data: null,
      errors: [{ message: 'bad', extensions: { code: 'BAD_USER_INPUT', path: ['input', 'url'], issues } }],
    })
    expect(problemOf(error).issues).toEqual(issues)
  })

  it('distinguishes an unavailable API, a failing API and an expired session', () => {
    expect(problemOf(answer(502)).code).toBe('UNAVAILABLE')
    expect(problemOf(answer(500)).code).toBe('INTERNAL')
    expect(problemOf(answer(401)).code).toBe('UNAUTHENTICATED')
    expect(problemOf(new TypeError('Failed to fetch')).code).toBe('UNAVAILABLE')
    expect(problemOf('odd')).toMatchObject({ code: 'INTERNAL', requestId: null })
  })
})
