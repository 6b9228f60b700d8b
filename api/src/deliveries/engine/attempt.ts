import type { AppContext } from '../../app-context.ts'
import { newId, publicId } from '../../kit/ids.ts'
import { nextHop } from '../../tracing/trace-context.ts'
import type { Span } from '../../tracing/tracing.ts'
import { buildRequest } from '../../webhooks/send/build-request.ts'
import { redactHeaders } from '../../webhooks/send/custom-headers.ts'
import type { Sender, SendResult } from '../../webhooks/send/send.ts'
import type { Target } from '../../webhooks/target.ts'
import { type Claimed, logFields } from './claim.ts'
import { decideOutcome } from './decide-outcome.ts'
import type { Finished } from './record-outcome.ts'

/** Sends one claimed delivery. Never throws: if the request fails, the result contains the error. */
export async function attempt(core: AppContext, sender: Sender, target: Target, claimed: Claimed): Promise<Finished> {
  const startedAt = core.clock()
  const attemptId = newId()
  const span = startSpan(core, target, claimed)
  const trace = span?.trace ?? (claimed.trace && nextHop(claimed.trace))
  let recorded: Record<string, string> = {}
  let result: SendResult
  try {
    const request = buildRequest(target, claimed.event, startedAt, trace)
    recorded = request.recorded
    result = await sender.send({
      url: target.url,
      headers: request.headers,
      body: request.body,
      timeoutMs: target.timeoutMs,
    })
  } catch (error) {
    core.log.error({ err: error, ...logFields(claimed) }, 'the request of an attempt could not be built')
    result = internalError(startedAt)
  }
  span?.set({ 'http.response.status_code': result.statusCode })
  span?.end(result.errorKind)
  const outcome = decideOutcome({
    status: claimed.status,
    attemptCount: claimed.attempts,
    maxAttempts: claimed.maxAttempts,
    schedule: target.retrySchedule,
    result,
    random: core.random,
    isProbe: claimed.isProbe,
  })
  if (core.log.isLevelEnabled('debug')) {
    const { statusCode, errorKind, durationMs } = result
    const { status, attemptCount } = outcome
    core.log.debug(
      { ...logFields(claimed), attempt: attemptCount, status, statusCode, errorKind, durationMs },
      'an attempt ended',
    )
  }
  return {
    deliveryId: claimed.id,
    webhookId: target.id,
    url: target.url,
    outcome,
    attempt: {
      id: attemptId,
      startedAt: new Date(startedAt),
      durationMs: result.durationMs,
      statusCode: result.statusCode,
      errorKind: result.errorKind,
      error: result.error,
      requestHeaders: JSON.stringify(recorded),
      responseHeaders: result.responseHeaders === null ? null : JSON.stringify(redactHeaders(result.responseHeaders)),
      responseBody: result.responseBody,
      responseBodyTruncated: result.responseBodyTruncated,
    },
  }
}

/**
 * Starts the span of an attempt, which continues the trace of the event. Each attribute costs time for every delivery,
 * so attributes that follow from others are omitted. Only the host of the URL is recorded, because its path may be a
 * secret.
 */
const startSpan = ({ tracing }: AppContext, target: Target, { id, attempts, event, trace }: Claimed): Span | null =>
  tracing.start('deliver', () => ({
    kind: 'client',
    parent: trace,
    attributes: {
      'server.address': new URL(target.url).hostname,
      'messaging.message.id': publicId('evt', event.id),
      'aetherlink.event.type': event.type,
      'aetherlink.webhook.id': publicId('whk', target.id),
      'aetherlink.delivery.id': publicId('dlv', id),
      'aetherlink.attempt.number': attempts + 1,
    },
  }))

function internalError(startedAt: number): SendResult {
  return {
    startedAt,
    durationMs: 0,
    ok: false,
    statusCode: null,
    errorKind: 'INTERNAL',
    error: "the request could not be built; the worker's log has the reason",
    responseHeaders: null,
    responseBody: null,
    responseBodyTruncated: false,
    retryAfterMs: null,
  }
}
