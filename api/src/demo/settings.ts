import { z } from 'zod'
import { SettingsError } from '../env.ts'
import { secretProblem } from '../webhooks/send/sign.ts'

/** Settings of the demo receiver and the demo data. The product itself does not read them. */
export interface DemoSettings {
  /** The port of the receiver on 127.0.0.1. */
  port: number
  /** The signing secret of the demo's webhooks; null if it is not set. */
  secret: string | null
}

const settings = z.object({
  DEMO_RECEIVER_PORT: z.coerce
    .number({ error: 'expected a port from 0 to 65535' })
    .int('expected a port from 0 to 65535')
    .min(0, 'expected a port from 0 to 65535')
    .max(65_535, 'expected a port from 0 to 65535')
    .default(8099),
  DEMO_WEBHOOK_SECRET: z
    .string()
    .check(({ value, issues }) => {
      const problem = secretProblem(value)
      if (problem) issues.push({ code: 'custom', input: value, message: problem })
    })
    .optional(),
})

/** Parses DEMO_RECEIVER_PORT and DEMO_WEBHOOK_SECRET; an empty value counts as unset. Throws SettingsError. */
export function parseDemoSettings(source: Record<string, string | undefined> = process.env): DemoSettings {
  const parsed = settings.safeParse({
    DEMO_RECEIVER_PORT: source.DEMO_RECEIVER_PORT || undefined,
    DEMO_WEBHOOK_SECRET: source.DEMO_WEBHOOK_SECRET || undefined,
  })
  if (parsed.success) {
    return { port: parsed.data.DEMO_RECEIVER_PORT, secret: parsed.data.DEMO_WEBHOOK_SECRET ?? null }
  }
  throw new SettingsError(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'))
}
