import type { Severity } from '../../../../prisma/generated/client/enums.ts'

/** An event type that every installation declares when it first starts. */
export interface BuiltinType {
  name: string
  description: string
  defaultSeverity: Severity
  schema: PayloadSchema
  /** An example payload, valid against the schema. */
  example: Readonly<Record<string, unknown>>
  /** Set for a deprecated type: the name of the type to publish instead. */
  deprecatedFor?: string
}

/**
 * The JSON Schema (draft-07) of a payload. It requires only the fields that consumers need and allows all other fields,
 * so that producers can add fields at any time.
 */
export interface PayloadSchema {
  type: 'object'
  required?: readonly string[]
  properties: Readonly<Record<string, { type: string | readonly string[]; description: string; minLength?: number }>>
}

/** A required, non-empty string. */
export const name = (description: string) => ({ type: 'string', minLength: 1, description })
/** An optional field. Null has the same meaning as absent. */
export const text = (description: string) => ({ type: ['string', 'null'], description })
export const number = (description: string) => ({ type: ['number', 'null'], description })
export const list = (description: string) => ({ type: ['array', 'null'], description })
