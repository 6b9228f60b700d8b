import type { JSONSchema7 } from '@ai-sdk/provider'
import { z } from 'zod'

/**
 * JSON Schema keywords that vendors reject in structured output. The Zod schema checks them when the answer arrives.
 */
const UNSUPPORTED = new Set([
  '$schema',
  'default',
  'exclusiveMaximum',
  'exclusiveMinimum',
  'format',
  'maxItems',
  'maxLength',
  'maximum',
  'minItems',
  'minLength',
  'minimum',
  'multipleOf',
  'pattern',
])

/** Converted schemas. Each is converted once, because that takes longer than the rest of a request's preparation. */
const schemas = new WeakMap<z.ZodType, JSONSchema7>()

/**
 * The JSON Schema for a vendor. Vendors refuse a schema with bounds ("For 'integer' type, property 'minimum' is not
 * supported"), so they get only the shape.
 */
export function wireSchema(output: z.ZodType): JSONSchema7 {
  const made = schemas.get(output)
  if (made) return made
  const schema = withoutBounds(z.toJSONSchema(output)) as JSONSchema7
  schemas.set(output, schema)
  return schema
}

function withoutBounds(node: unknown, isNames = false): unknown {
  if (Array.isArray(node)) return node.map((item) => withoutBounds(item))
  if (typeof node !== 'object' || node === null) return node
  // The keys below `properties` are names of fields, so a field named "format" is kept.
  const kept = Object.entries(node).filter(([key]) => isNames || !UNSUPPORTED.has(key))
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutBounds(value, key === 'properties' && !isNames)]))
}
