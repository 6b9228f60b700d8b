import { z } from 'zod'

/**
 * Types of settings that several groups of settings share. Environment variables are text, so each type parses text.
 */

export const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max)

export const flag = z
  .enum(['true', 'false', '1', '0', 'yes', 'no', 'on', 'off', ''])
  .transform((v) => ['true', '1', 'yes', 'on'].includes(v))

export const list = z.string().transform((v) =>
  v
    .split(',')
    .map((s) => s.trim())
    .filter(Boolean),
)

export const httpUrl = z.url({ protocol: /^https?$/, error: 'expected an http or https URL' })

/** A setting in JSON that must fit `schema`. `expected` describes the format in error messages. */
export const json = <Schema extends z.ZodType>(schema: Schema, expected: string) =>
  z.string().transform((text, issue): z.output<Schema> => {
    try {
      const parsed = schema.safeParse(JSON.parse(text))
      if (parsed.success) return parsed.data
    } catch {
      // Invalid JSON gets the same message as a wrong shape.
    }
    issue.addIssue(`expected ${expected}`)
    return z.NEVER
  })
