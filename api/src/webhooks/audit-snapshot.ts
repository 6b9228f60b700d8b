import type { Webhook } from '../../../prisma/generated/client/client.ts'
import type { AuditSnapshot } from '../audit/entry.ts'
import { redactUrl } from '../audit/redact.ts'
import { SealError } from '../kit/seal.ts'
import { lastExpiry } from './secrets/previous-secrets.ts'
import { type SealSettings, webhookSeals } from './secrets/secrets.ts'
import { redactHeaders } from './send/custom-headers.ts'

/**
 * The settings and state of a webhook in an audit entry, without signing secrets and credentials. The path of a chat
 * webhook's URL is left out, because anyone who knows the URL can post messages.
 */
export const webhookSnapshot = (core: { env: SealSettings }, webhook: Webhook): AuditSnapshot => ({
  name: webhook.name,
  url: redactUrl(webhook.url, { opaque: webhook.kind !== 'STANDARD' }),
  kind: webhook.kind,
  tenantId: webhook.tenantId,
  eventTypes: webhook.eventTypes,
  minSeverity: webhook.minSeverity,
  state: webhook.state,
  disabledReason: webhook.disabledReason,
  circuitBreaker: webhook.circuitBreaker,
  circuit: webhook.circuit,
  ratePerSecond: webhook.ratePerSecond,
  maxConcurrency: webhook.maxConcurrency,
  timeoutMs: webhook.timeoutMs,
  retrySchedule: webhook.retrySchedule,
  headers: shownHeaders(core, webhook),
  rotationGraceUntil: lastExpiry(webhook.previousSecrets),
})

function shownHeaders(core: { env: SealSettings }, { id, headersSealed }: Webhook): object | string {
  try {
    return redactHeaders(webhookSeals(core).openHeaders(id, headersSealed))
  } catch (error) {
    // A webhook whose headers cannot be decrypted can still be paused, changed and deleted.
    if (!(error instanceof SealError)) throw error
    return 'unreadable'
  }
}
