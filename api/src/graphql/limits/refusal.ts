import { GraphQLError } from 'graphql'
import { AppError } from '../../kit/errors.ts'

/** What an operation is measured by; most have a setting, QUERY_MAX_*. */
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

/** What a measure says, with the number in its place. */
const SAYS: Record<LimitName, (got: string) => string> = {
  tokens: (got) => `the document has ${got} tokens`,
  lines: (got) => `the document has ${got} lines`,
  name: (got) => `a name in the document has ${got} characters`,
  depth: (got) => `the operation nests its fields ${got} deep`,
  fields: (got) => `the operation selects ${got} fields, with its fragments spread out`,
  breadth: (got) => `one selection has ${got} fields, with its fragments spread out`,
  rootFields: (got) => `the operation has ${got} root fields`,
  aliases: (got) => `the operation has ${got} aliases, with its fragments spread out`,
  directives: (got) => `the operation has ${got} directives, with its fragments spread out`,
  introspection: (got) => `the operation nests the lists of __Type ${got} deep`,
  cost: (got) =>
    `the operation asks for about ${got} values; smaller pages (first), fewer fields or fewer levels cost less`,
  liveCost: (got) =>
    `each result asks for about ${got} values; fewer fields or fewer levels cost less, and queries may ask for more`,
}

/** Numbers of spread fragments grow beyond what JSON knows. */
const MOST = 1e9

/**
 * QUERY_TOO_COMPLEX, status 400: `extensions.limit` names the measure, `got` is what came (a lower bound where counting was
 * given up), `max` what is taken.
 */
export function tooComplex(limit: LimitName, came: number, max: number, atLeast = false): GraphQLError {
  const got = Math.min(Math.ceil(came), MOST)
  const many = atLeast || got === MOST ? `at least ${got}` : String(got)
  const error = new AppError('QUERY_TOO_COMPLEX', `${SAYS[limit](many)}; takes at most ${max}`, { limit, got, max })
  return new GraphQLError(error.message, { originalError: error, extensions: { http: { status: 400 } } })
}
