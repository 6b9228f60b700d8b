import { type ExecutionResult, GraphQLError } from 'graphql'
import { AppError } from '../../kit/errors.ts'

/** The contexts of operations that have timed out. */
const over = new WeakSet<object>()

const tookTooLong = (limitMs: number) =>
  new AppError('UNAVAILABLE', `the operation took longer than ${limitMs / 1000} s and was cancelled; request less`)

/** The result of an operation that has timed out (UNAVAILABLE). From now on nothing is read for its context. */
export function givenUp(context: unknown, limitMs: number): ExecutionResult {
  if (typeof context === 'object' && context !== null) over.add(context)
  const error = tookTooLong(limitMs)
  const extensions = { http: { status: 503 } }
  return { errors: [new GraphQLError(error.message, { originalError: error, extensions })] }
}

export const isGivenUp = (context: object): boolean => over.has(context)

/** Throws UNAVAILABLE if the operation of this context has timed out. */
export function checkNotGivenUp(context: object): void {
  if (isGivenUp(context)) throw new AppError('UNAVAILABLE', 'the operation timed out')
}

/**
 * Resolves with the result of `work`. If that takes longer than the limit, resolves with `late()`, and the result of
 * `work` is ignored.
 */
export function withinTime<T>(work: Promise<T>, limitMs: number, late: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(late()), limitMs)
    work.then(
      (value) => {
        clearTimeout(timer)
        resolve(value)
      },
      (error) => {
        clearTimeout(timer)
        reject(error)
      },
    )
  })
}
