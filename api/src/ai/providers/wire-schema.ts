import { type JSONSchema7, jsonSchema, type Schema } from 'ai'
import { z } from 'zod'

/** Keywords that vendors' constrained decoding rejects; the Zod schema checks them in the answer instead. */
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

/** A schema is converted once, because the conversion takes longer than the rest of a request to a vendor. */
const schemas = new WeakMap<z.ZodType, Schema<unknown>>()

/**
 * The JSON Schema for a vendor, and the check of its answer. A vendor refuses a schema with bounds ("For 'integer'
 * type, property 'minimum' is not supported"), so it gets only the shape.
 */
export function wireSchema(output: z.ZodType): Schema<unknown> {
  const made = schemas.get(output)
  if (made) return made
  const schema = jsonSchema<unknown>(() => withoutBounds(z.toJSONSchema(output)) as JSONSchema7, {
    validate(value) {
      const parsed = output.safeParse(value)
      return parsed.success ? { success: true, value: parsed.data } : { success: false, error: parsed.error }
    },
  })
  schemas.set(output, schema)
  return schema
}

function withoutBounds(node: unknown, isNames = false): unknown {
  if (Array.isArray(node)) return node.map((item) => withoutBounds(item))
  if (typeof node !== 'object' || node === null) return node
  // Under `properties` the keys are names of fields, and one may be "format".
  const kept = Object.entries(node).filter(([key]) => isNames || !UNSUPPORTED.has(key))
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutBounds(value, key === 'properties' && !isNames)]))
}
