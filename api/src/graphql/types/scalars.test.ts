import { GraphQLError, type GraphQLScalarType } from 'graphql'
import { expect, test } from 'vitest'
import { schema } from '../../schema.ts'

const DateTime = schema.getType('DateTime') as GraphQLScalarType<Date, string>

test.each([
  ['2026-01-31T09:30:00Z', '2026-01-31T09:30:00.000Z'],
  ['2026-01-31T09:30:00.123456Z', '2026-01-31T09:30:00.123Z'],
  ['2026-01-31T09:30:00+02:00', '2026-01-31T07:30:00.000Z'],
  ['2024-02-29T23:59:59.5-08:00', '2024-03-01T07:59:59.500Z'],
])('DateTime takes %s as %s', (given, instant) => {
  expect(DateTime.serialize(DateTime.parseValue(given))).toBe(instant)
})

test.each([
  '2026-02-30T00:00:00Z',
  '2025-02-29T00:00:00Z',
  '2026-01-31',
  '2026-01-31T09:30:00',
  '2026-01-31 09:30:00Z',
  '2026-13-01T00:00:00Z',
  '2026-01-31T24:30:00Z',
  'yesterday',
  '',
  1_700_000_000_000,
  null,
])('DateTime refuses %j', (given) => {
  expect(() => DateTime.parseValue(given)).toThrow(GraphQLError)
})
