import { DateTimeISOResolver } from 'graphql-scalars'
import { builder } from '../builder.ts'
import { costs } from '../limits/cost.ts'
import { jsonScalar } from './json-scalar.ts'

builder.addScalarType('DateTime', DateTimeISOResolver, {
  description:
    'A timestamp in RFC 3339 format, such as 2026-01-31T09:30:00.000Z. Results are in UTC with milliseconds; inputs may have any offset.',
})

builder.addScalarType('JSON', jsonScalar, {
  description: 'Any JSON value (RFC 8259).',
  extensions: costs({ self: 10 }),
})
