import type { Prisma } from '../../../prisma/generated/client/client.ts'
import type { AppContext } from '../app-context.ts'
import type { Caller } from '../audit/entry.ts'
import { badInputs, conflict, type InputIssue } from '../kit/errors.ts'
import { publicId } from '../kit/ids.ts'
import type { JsonText } from '../kit/json/json-text.ts'
import { checkSettings, checkWebhookUrl, type UpdateWebhookInput } from './input.ts'
import { changeWebhook, loadWebhook, type WebhookRow } from './load.ts'
import { webhookSeals } from './secrets/secrets.ts'
import { type Headers, parseHeaders } from './send/custom-headers.ts'

/** Fields where null is a value: no rate, no headers. */
const NULLABLE: ReadonlySet<string> = new Set(['ratePerSecond', 'headers'])

/**
 * Changes the given fields. Open deliveries use the new settings at their next attempt; their number of attempts
 * stays. Throws NOT_FOUND, BAD_USER_INPUT with every issue, and CONFLICT when another request changed the headers at
 * the same time.
 */
export async function updateWebhook(
  core: AppContext,
  caller: Caller,
  id: string,
  input: UpdateWebhookInput,
): Promise<WebhookRow> {
  const before = await loadWebhook(core, caller.identity, id)
  const issues: InputIssue[] = []
  for (const [field, value] of Object.entries(input)) {
    if (value === null && !NULLABLE.has(field)) {
      issues.push({ path: ['input', field], message: 'cannot be null; leave it out to keep what it is' })
    }
  }
  const {
    name,
    url,
    eventTypes,
    minSeverity,
    ratePerSecond,
    maxConcurrency,
    timeoutMs,
    retrySchedule,
    circuitBreaker,
  } = input
  const settings = {
    name: name ?? undefined,
    eventTypes: eventTypes ?? undefined,
    ratePerSecond,
    maxConcurrency: maxConcurrency ?? undefined,
    timeoutMs: timeoutMs ?? undefined,
    retrySchedule: retrySchedule ?? undefined,
  }
  checkSettings(settings, ['input'], issues)
  const headers = headersOf(core, before, input.headers, issues)
  if (url != null) await checkWebhookUrl(core, url, ['input', 'url'], issues)
  if (issues.length > 0) throw badInputs(issues)

  const data: Prisma.WebhookUpdateInput = {
    ...settings,
    eventTypes: settings.eventTypes && [...new Set(settings.eventTypes)],
    url: url ?? undefined,
    minSeverity: minSeverity ?? undefined,
    circuitBreaker: circuitBreaker ?? undefined,
    // Without the circuit breaker nothing waits for a probe: held deliveries continue.
    ...(circuitBreaker === false && { circuit: 'CLOSED', circuitProbeAt: null, circuitOpenings: 0 }),
  }
  if (headers === undefined) return changeWebhook(core, caller, id, 'webhook.update', () => data)
  const seals = webhookSeals(core)
  const empty = Object.keys(headers).length === 0
  data.headersSealed = empty ? null : seals.sealHeaders(id, headers)
  // Redacted values were filled in from the headers that were read; those must still be the current ones.
  return changeWebhook(core, caller, id, 'webhook.update', ({ headersSealed }) => {
    if (seals.areSameHeaders(id, before.headersSealed, headersSealed)) return data
    throw conflict(
      `the headers of ${publicId('whk', id)} were changed by somebody else meanwhile; read them and try again`,
    )
  })
}

function headersOf(
  core: AppContext,
  before: WebhookRow,
  input: JsonText | null | undefined,
  issues: InputIssue[],
): Headers | undefined {
  if (input === undefined) return undefined
  if (input === null) return {}
  const stored = webhookSeals(core).openHeaders(before.id, before.headersSealed)
  return parseHeaders(input.value, ['input', 'headers'], issues, stored)
}
