import { type ExecutionResult, GraphQLError } from 'graphql'
import { AppError } from '../../kit/errors.ts'

/** Contexts of operations that have been given up. */
const over = new WeakSet<object>()

const tookTooLong = (limitMs: number) =>
  new AppError('UNAVAILABLE', `the operation took longer than ${limitMs / 1000} s and was given up; ask for less`)

/** The result of an operation that took too long, UNAVAILABLE. Nothing more is read for its context. */
export function givenUp(context: unknown, limitMs: number): ExecutionResult {
  if (typeof context === 'object' && context !== null) over.add(context)
  const error = tookTooLong(limitMs)
  const extensions = { http: { status: 503 } }
  return { errors: [new GraphQLError(error.message, { originalError: error, extensions })] }
}

export const isGivenUp = (context: object): boolean => over.has(context)

/** Throws UNAVAILABLE when the operation of this context has been given up. */
export function checkNotGivenUp(context: object): void {
  if (isGivenUp(context)) throw new AppError('UNAVAILABLE', 'the operation took too long and was given up')
}

/** What `work` resolves with, or `late()` once it has taken that long; what comes of the work after that is of no consequence. */
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
