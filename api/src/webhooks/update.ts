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

/** Fields in which null has a meaning: no rate limit, no headers. */
const NULLABLE: ReadonlySet<string> = new Set(['ratePerSecond', 'headers'])

/**
 * Changes the given fields of a webhook. Open deliveries use the new settings from their next attempt on; their maximum
 * number of attempts stays. Throws NOT_FOUND, BAD_USER_INPUT that lists all problems, and CONFLICT if another request
 * has changed the headers at the same time.
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
      issues.push({ path: ['input', field], message: 'cannot be null; omit it to keep the present value' })
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
    // Without the circuit breaker no delivery waits for a probe, so held deliveries continue.
    ...(circuitBreaker === false && { circuit: 'CLOSED', circuitProbeAt: null, circuitOpenings: 0 }),
  }
  if (headers === undefined) return changeWebhook(core, caller, id, 'webhook.update', () => data)
  const seals = webhookSeals(core)
  const empty = Object.keys(headers).length === 0
  data.headersSealed = empty ? null : seals.sealHeaders(id, headers)
  // Redacted values were replaced by the headers that were read before. These must still be the current ones.
  return changeWebhook(core, caller, id, 'webhook.update', ({ headersSealed }) => {
    if (seals.areSameHeaders(id, before.headersSealed, headersSealed)) return data
    throw conflict(
      `the headers of ${publicId('whk', id)} were changed by another request meanwhile; read them again and retry`,
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
