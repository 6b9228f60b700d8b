import { checkTenantExists } from '../access/tenants/check-tenant-exists.ts'
import type { AppContext } from '../app-context.ts'
import type { Caller } from '../audit/entry.ts'
import { audited } from '../audit/record.ts'
import { writeTenant } from '../identity/tenant-scope.ts'
import { badInputs, type InputIssue } from '../kit/errors.ts'
import { newId, publicId, uuidTime } from '../kit/ids.ts'
import { CHANNELS } from '../kit/pubsub.ts'
import { webhookSnapshot } from './audit-snapshot.ts'
import { type CreateWebhookInput, checkSettings, checkWebhookUrl, DEFAULT_CONCURRENCY } from './input.ts'
import type { WebhookRow } from './load.ts'
import { DEFAULT_RETRY_SCHEDULE } from './retry-schedule.ts'
import { webhookSeals } from './secrets/secrets.ts'
import { type Headers, parseHeaders } from './send/custom-headers.ts'
import { generateSecret, secretProblem } from './send/sign.ts'

/**
 * Creates a webhook for the identity's tenant, or for the tenant that the input specifies. If an unbound identity
 * specifies none, the webhook is global. The secret is returned here only. Throws BAD_USER_INPUT that lists all
 * problems, and FORBIDDEN for another tenant.
 */
export async function createWebhook(
  core: AppContext,
  caller: Caller,
  input: CreateWebhookInput,
): Promise<{ webhook: WebhookRow; secret: string }> {
  const tenantId = writeTenant(caller.identity, input.tenantId)
  const issues: InputIssue[] = []
  checkSettings(
    {
      name: input.name,
      eventTypes: input.eventTypes,
      ratePerSecond: input.ratePerSecond ?? undefined,
      maxConcurrency: input.maxConcurrency ?? undefined,
      timeoutMs: input.timeoutMs ?? undefined,
      retrySchedule: input.retrySchedule ?? undefined,
    },
    ['input'],
    issues,
  )
  const headers: Headers = input.headers == null ? {} : parseHeaders(input.headers.value, ['input', 'headers'], issues)
  const wrongSecret = input.secret == null ? null : secretProblem(input.secret)
  if (wrongSecret) issues.push({ path: ['input', 'secret'], message: wrongSecret })
  await checkTenantExists(core, caller.identity, tenantId, ['input', 'tenantId'], issues)
  await checkWebhookUrl(core, input.url, ['input', 'url'], issues)
  if (issues.length > 0) throw badInputs(issues)

  const id = newId()
  const secret = input.secret ?? generateSecret()
  const seals = webhookSeals(core)
  const webhook = await audited(core, caller, 'webhook.create', async (tx) => {
    const created = await tx.webhook.create({
      data: {
        id,
        name: input.name,
        url: input.url,
        kind: input.kind ?? 'STANDARD',
        tenantId,
        eventTypes: [...new Set(input.eventTypes)],
        minSeverity: input.minSeverity ?? 'INFO',
        circuitBreaker: input.circuitBreaker ?? true,
        ratePerSecond: input.ratePerSecond ?? null,
        maxConcurrency: input.maxConcurrency ?? DEFAULT_CONCURRENCY,
        timeoutMs: input.timeoutMs ?? core.env.WEBHOOK_TIMEOUT_MS,
        retrySchedule: input.retrySchedule ?? [...DEFAULT_RETRY_SCHEDULE],
        headersSealed: Object.keys(headers).length === 0 ? null : seals.sealHeaders(id, headers),
        secretSealed: seals.sealSecret(id, secret),
        // Events are stamped with the same clock, so that the question "did the webhook exist before the event"
        // compares times of one clock.
        createdAt: new Date(uuidTime(id)),
      },
    })
    const target = { type: 'webhook', id: publicId('whk', id) }
    return { result: created, target, tenantId, after: webhookSnapshot(core, created) }
  })
  void core.pubsub.publish(CHANNELS.webhooks, id)
  return { webhook, secret }
}
