import { z } from 'zod'
import type { Severity, WebhookKind } from '../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../app-context.ts'
import type { InputIssue } from '../kit/errors.ts'
import { globsProblem } from '../kit/globs.ts'
import type { JsonText } from '../kit/json/json-text.ts'
import { nameProblem } from '../kit/one-line.ts'
import { scheduleProblem } from './retry-schedule.ts'
import { AddressError, parsePolicy, resolveAndCheck } from './send/address-guard.ts'

/** The settings of a webhook that a user can choose. When a webhook is created, null has the same meaning as absent. */
export interface WebhookSettings {
  name: string
  url: string
  eventTypes: string[]
  minSeverity?: Severity | null
  ratePerSecond?: number | null
  maxConcurrency?: number | null
  timeoutMs?: number | null
  retrySchedule?: number[] | null
  circuitBreaker?: boolean | null
  headers?: JsonText | null
}

export interface CreateWebhookInput extends WebhookSettings {
  kind?: WebhookKind | null
  tenantId?: string | null
  secret?: string | null
}

export type UpdateWebhookInput = { [Field in keyof WebhookSettings]?: WebhookSettings[Field] | null }

export const DEFAULT_CONCURRENCY = 16

const MAX_NAME = 200

const within = (least: number, most: number) =>
  z.number().refine((value) => Number.isInteger(value) && value >= least && value <= most, {
    error: ({ input }) => `is ${input}; expected ${least} to ${most}`,
  })

const name = z.string().check(({ value, issues }) => {
  const problem = nameProblem(value, MAX_NAME)
  if (problem) issues.push({ code: 'custom', input: value, path: [], message: problem })
})

/**
 * A list that `find` checks: it returns null for a valid list, otherwise the index of the invalid item (null: the list
 * itself) and the reason.
 */
const listed = <Item extends z.ZodType>(
  item: Item,
  find: (values: z.output<Item>[]) => { index: number | null; reason: string } | null,
) =>
  z.array(item).check(({ value, issues }) => {
    const problem = find(value)
    if (!problem) return
    const path = problem.index === null ? [] : [problem.index]
    issues.push({ code: 'custom', input: value, path, message: problem.reason })
  })

const settings = z.object({
  name,
  eventTypes: listed(z.string(), globsProblem),
  ratePerSecond: within(1, 10_000).nullable(),
  maxConcurrency: within(1, 256),
  timeoutMs: within(100, 120_000),
  retrySchedule: listed(z.number(), scheduleProblem),
})
const partial = settings.partial()

/** Validates settings, except URL and headers. Undefined settings are skipped. */
export function checkSettings(input: z.input<typeof partial>, path: readonly string[], issues: InputIssue[]): void {
  const parsed = partial.safeParse(input)
  for (const issue of parsed.error?.issues ?? []) {
    issues.push({ path: [...path, ...issue.path.map(String)], message: issue.message })
  }
}

/** Checks that webhooks may send to a URL. The host name is resolved for this, which may take up to 3 s. */
export async function checkWebhookUrl(
  core: AppContext,
  url: string,
  path: readonly string[],
  issues: InputIssue[],
): Promise<void> {
  const policy = parsePolicy({
    allowedCidrs: core.env.WEBHOOK_ALLOWED_CIDRS,
    httpsOnly: core.env.WEBHOOK_HTTPS_ONLY,
  })
  try {
    await resolveAndCheck(url, policy)
  } catch (error) {
    if (!(error instanceof AddressError)) throw error
    issues.push({ path: [...path], message: error.message })
  }
}
