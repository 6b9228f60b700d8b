import { GraphQLError, GraphQLScalarType } from 'graphql'
import { DateTimeISOResolver, JSONResolver } from 'graphql-scalars'
import { isDeeper } from '../kit/nesting.ts'
import { builder } from './builder.ts'
import { costs } from './limits/cost.ts'

builder.addScalarType('DateTime', DateTimeISOResolver, {
  description:
    'An instant as RFC 3339 writes it, such as 2026-01-31T09:30:00.000Z. Answers are in UTC with milliseconds; an input may carry any offset.',
})

/** What reads JSON recurses, down to PostgreSQL. What may be deep has a limit of its own that is below this. */
const MAX_LEVELS = 200

const bounded = (value: unknown) => {
  if (isDeeper(value, MAX_LEVELS)) throw new GraphQLError(`is nested more than ${MAX_LEVELS} levels deep`)
  return value
}

const json = new GraphQLScalarType({
  ...JSONResolver.toConfig(),
  parseValue: bounded,
  parseLiteral: (node, variables) => bounded(JSONResolver.parseLiteral(node, variables)),
})

builder.addScalarType('JSON', json, {
  description: 'Any JSON value (RFC 8259).',
  extensions: costs({ self: 10 }),
})
