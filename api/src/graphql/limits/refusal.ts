import { GraphQLError } from 'graphql'
import { AppError } from '../../kit/errors.ts'

/** The measures of an operation that have a limit. Most limits are settings (QUERY_MAX_*). */
export type LimitName =
  | 'tokens'
  | 'lines'
  | 'name'
  | 'depth'
  | 'fields'
  | 'breadth'
  | 'rootFields'
  | 'aliases'
  | 'directives'
  | 'introspection'
  | 'cost'
  | 'liveCost'

export type Limits = Readonly<Record<LimitName, number>>

/** The message for each measure and its value. */
const SAYS: Record<LimitName, (got: string) => string> = {
  tokens: (got) => `the document has ${got} tokens`,
  lines: (got) => `the document has ${got} lines`,
  name: (got) => `a name in the document has ${got} characters`,
  depth: (got) => `the operation nests its fields ${got} deep`,
  fields: (got) => `the operation selects ${got} fields with fragments expanded`,
  breadth: (got) => `one selection has ${got} fields with fragments expanded`,
  rootFields: (got) => `the operation has ${got} root fields`,
  aliases: (got) => `the operation has ${got} aliases with fragments expanded`,
  directives: (got) => `the operation has ${got} directives with fragments expanded`,
  introspection: (got) => `the operation nests the lists of __Type ${got} deep`,
  cost: (got) => `the operation requests about ${got} values; reduce page sizes (first), fields or levels`,
  liveCost: (got) =>
    `each result requests about ${got} values; reduce fields or levels, or use a query, which may request more`,
}

/** Expanded fragments can give counts that are too large for a JSON number, so a count is reported as at most this. */
const MOST = 1e9

/**
 * Creates QUERY_TOO_COMPLEX with status 400. In the extensions, `limit` is the name of the measure, `got` the measured
 * value and `max` the highest value that is allowed. If counting stopped early, `got` is a lower bound.
 */
export function tooComplex(limit: LimitName, came: number, max: number, atLeast = false): GraphQLError {
  const got = Math.min(Math.ceil(came), MOST)
  const many = atLeast || got === MOST ? `at least ${got}` : String(got)
  const error = new AppError('QUERY_TOO_COMPLEX', `${SAYS[limit](many)}; expected at most ${max}`, { limit, got, max })
  return new GraphQLError(error.message, { originalError: error, extensions: { http: { status: 400 } } })
}
