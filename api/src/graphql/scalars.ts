import { DateTimeISOResolver } from 'graphql-scalars'
import { builder } from './builder.ts'
import { jsonScalar } from './json-scalar.ts'
import { costs } from './limits/cost.ts'

builder.addScalarType('DateTime', DateTimeISOResolver, {
  description:
    'An instant as RFC 3339 writes it, such as 2026-01-31T09:30:00.000Z. Answers are in UTC with milliseconds; an input may carry any offset.',
})

builder.addScalarType('JSON', jsonScalar, {
  description: 'Any JSON value (RFC 8259).',
  extensions: costs({ self: 10 }),
})
