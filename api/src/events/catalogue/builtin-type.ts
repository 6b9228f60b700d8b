import type { Severity } from '../../../../prisma/generated/client/enums.ts'

/** A type that every installation knows from its start. */
export interface BuiltinType {
  name: string
  description: string
  defaultSeverity: Severity
  schema: PayloadSchema
  /** A payload that meets the schema. */
  example: Readonly<Record<string, unknown>>
  /** The type to publish instead. */
  deprecatedFor?: string
}

/**
 * JSON Schema (draft-07) of a payload. It asks for what a reader of the event cannot do without, and lets everything else
 * through: a producer may add fields at any time.
 */
export interface PayloadSchema {
  type: 'object'
  required?: readonly string[]
  properties: Readonly<Record<string, { type: string | readonly string[]; description: string; minLength?: number }>>
}

/** What has to be there and say something. */
export const name = (description: string) => ({ type: 'string', minLength: 1, description })
/** What may be there; null counts as left out. */
export const text = (description: string) => ({ type: ['string', 'null'], description })
export const number = (description: string) => ({ type: ['number', 'null'], description })
export const list = (description: string) => ({ type: ['array', 'null'], description })
