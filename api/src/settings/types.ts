import { z } from 'zod'

/** Types of settings that several groups share. An environment variable is text. */

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

/** A value in JSON with the shape of `schema`; `expected` describes it in messages. */
export const json = <Schema extends z.ZodType>(schema: Schema, expected: string) =>
  z.string().transform((text, issue): z.output<Schema> => {
    try {
      const parsed = schema.safeParse(JSON.parse(text))
      if (parsed.success) return parsed.data
    } catch {
      // Not JSON: the same message applies.
    }
    issue.addIssue(`expected ${expected}`)
    return z.NEVER
  })
