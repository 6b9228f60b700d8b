import type { DeliveryAttempt, Prisma } from '../../../prisma/generated/client/client.ts'
import type { AppContext } from '../app-context.ts'
import type { Caller } from '../audit/entry.ts'
import { audited } from '../audit/record.ts'
import { newId, publicId, uuidTime } from '../kit/ids.ts'
import { loadWebhook } from '../webhooks/load.ts'
import { buildRequest } from '../webhooks/send/build-request.ts'
import { redactHeaders } from '../webhooks/send/custom-headers.ts'
import type { Sender } from '../webhooks/send/send.ts'
import { createTargets } from '../webhooks/target.ts'

/** Event type in a test request. No event of this type is stored. */
export const TEST_TYPE = 'webhook.test'

/**
 * Sends one signed request to a webhook now, to check whether its receiver is reachable. Format and timeout are those
 * of a delivery; the state of the webhook does not matter. The request is stored as an attempt without a delivery and
 * affects neither the circuit nor the webhook's health. A failure of the receiver is not thrown; the returned attempt
 * contains the error. Throws NOT_FOUND if there is no such webhook.
 */
export async function testWebhook(
  core: AppContext,
  caller: Caller,
  id: string,
  sender: Sender,
): Promise<DeliveryAttempt> {
  const { identity } = caller
  const webhook = await loadWebhook(core, identity, id)
  const target = await createTargets(core).get(id, webhook.version)
  if (!target) throw new Error(`webhook ${id} no longer exists`)
  const attemptId = newId()
  const startedAt = uuidTime(attemptId)
  const at = new Date(startedAt)
  const payload = {
    message: 'This is a test. AetherLink can reach this webhook.',
    webhookId: publicId('whk', id),
    webhookName: webhook.name,
    requestedBy: identity.name ?? identity.id,
  }
  const request = buildRequest(
    target,
    {
      id: newId(),
      tenantId: webhook.tenantId,
      type: TEST_TYPE,
      source: 'aetherlink',
      severity: 'INFO',
      subject: null,
      payloadText: JSON.stringify(payload),
      occurredAt: at,
      receivedAt: at,
      correlationId: null,
      causationId: null,
    },
    core.clock(),
    null,
  )
  const result = await sender.send({
    url: target.url,
    headers: request.headers,
    body: request.body,
    timeoutMs: target.timeoutMs,
  })
  return audited(core, caller, 'webhook.test', async (tx) => {
    const attempt = await tx.deliveryAttempt.create({
      data: {
        id: attemptId,
        deliveryId: null,
        webhookId: id,
        number: 1,
        startedAt: at,
        durationMs: result.durationMs,
        statusCode: result.statusCode,
        errorKind: result.errorKind,
        error: result.error,
        requestHeaders: request.recorded,
        responseHeaders: result.responseHeaders === null ? undefined : json(redactHeaders(result.responseHeaders)),
        responseBody: result.responseBody,
        responseBodyTruncated: result.responseBodyTruncated,
      },
    })
    return {
      result: attempt,
      target: { type: 'webhook', id: publicId('whk', id) },
      tenantId: webhook.tenantId,
      after: { attemptId: publicId('att', attemptId), statusCode: result.statusCode, errorKind: result.errorKind },
    }
  })
}

const json = (headers: Record<string, string | string[]>): Prisma.InputJsonObject => ({ ...headers })
