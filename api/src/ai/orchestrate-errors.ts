import type { Env } from '../env.ts'
import { AppError } from '../kit/errors.ts'
import type { Attempt } from './attempt.ts'
import type { IntentName } from './intents.ts'

/** When to retry a request that was refused because of its load, in milliseconds. */
const RETRY_AFTER_MS = 1_000

export const processBusy = ({ AI_CONCURRENCY }: Pick<Env, 'AI_CONCURRENCY'>): AppError =>
  new AppError(
    'RATE_LIMITED',
    `${AI_CONCURRENCY} AI requests are in progress in this process and none ended in time; try again`,
    { retryAfterMs: RETRY_AFTER_MS },
  )

export const tenantBusy = (tenantId: string, { AI_TENANT_CONCURRENCY }: Pick<Env, 'AI_TENANT_CONCURRENCY'>): AppError =>
  new AppError(
    'RATE_LIMITED',
    `tenant ${tenantId} has ${AI_TENANT_CONCURRENCY} AI requests in progress and none ended in time; try again`,
    { retryAfterMs: RETRY_AFTER_MS },
  )

export function noneAnswered(name: IntentName, attempts: readonly Attempt[]): AppError {
  const told = attempts.map(({ provider, error }) => `${provider}: ${error}`).join('; ')
  const shown = attempts.map(({ isSpared: _isSpared, ...attempt }) => attempt)
  return new AppError('UNAVAILABLE', `no AI provider answered ${name}: ${told}`, { attempts: shown })
}
