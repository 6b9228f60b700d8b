import type { Publisher } from '../events/publish/publish.ts'
import type { OnOutcome } from './orchestrate.ts'

const SOURCE = 'aetherlink'

/**
 * Announces the outcome of an AI request: `ai.provider.used` when the first available provider answered,
 * `ai.fallback.used` when a later one answered because an earlier one failed or was cooling down, `ai.fallback.failed`
 * when none answered. The events name providers, but contain nothing of the request.
 */
export const announceOutcome =
  ({ announce }: Pick<Publisher, 'announce'>): OnOutcome =>
  ({ intent, attempts, latencyMs, usedProvider }, { tenantId, requestId }) => {
    // A provider counts as failed if it failed or is cooling down. It has not failed if it was skipped because it is
    // not configured, or is not meant for this intent or tenant.
    const passed = attempts.filter(({ ok, skipped, isSpared }) => !ok && (!skipped || isSpared))
    const failed = passed.map(({ provider }) => provider)
    const correlationId = requestId ?? null
    if (usedProvider === null) {
      const error = attempts.findLast((attempt) => attempt.error !== null)?.error ?? null
      announce(SOURCE, {
        type: 'ai.fallback.failed',
        severity: 'ERROR',
        tenantId,
        correlationId,
        payload: { intent, failed, error },
      })
    } else if (failed.length > 0) {
      const error = passed.at(-1)?.error ?? null
      announce(SOURCE, {
        type: 'ai.fallback.used',
        severity: 'WARNING',
        tenantId,
        correlationId,
        payload: { provider: usedProvider, intent, failed, error, latencyMs: Math.round(latencyMs) },
      })
    } else {
      announce(SOURCE, {
        type: 'ai.provider.used',
        severity: 'INFO',
        tenantId,
        correlationId,
        payload: { provider: usedProvider, intent, latencyMs: Math.round(latencyMs) },
      })
    }
  }
