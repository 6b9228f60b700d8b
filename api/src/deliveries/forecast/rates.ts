import type { FailureClass } from './failure-class.ts'
import type { Circumstance, ReceiverState } from './receiver.ts'

/** Attempts in the same situation get the same forecast. */
export interface Situation {
  failure: FailureClass
  receiver: ReceiverState
  /** Whether the delivery failed while other deliveries of the webhook succeeded. */
  isAlone: boolean
}

export const situationKey = ({ failure, receiver, isAlone }: Situation): string =>
  `${failure}/${receiver}${isAlone ? '/ALONE' : ''}`

export const isAloneIn = (circumstance: Circumstance) => circumstance === 'ALONE'

/**
 * Number of earlier attempts that followed a failure, and how many of them succeeded. Both are weighted: see
 * `weightOf`.
 */
export interface Rate {
  tried: number
  arrived: number
}

/** Rates by `situationKey`: those of the webhook, and those of all webhooks of its tenant. */
export interface LearnedRates {
  webhook: ReadonlyMap<string, Rate>
  tenant: ReadonlyMap<string, Rate>
}

export const NOTHING_LEARNED: LearnedRates = { webhook: new Map(), tenant: new Map() }

/**
 * Attempts of one webhook in the same situation within ten minutes count as at most this many observations, because
 * they are about the same outage.
 */
const MAX_WEIGHT = 3

/** The weight of attempts that were made at about the same time. */
export function weightOf({ tried, arrived }: Rate): Rate {
  const scale = Math.min(1, MAX_WEIGHT / Math.max(1, tried))
  return { tried: tried * scale, arrived: arrived * scale }
}

/**
 * An attempt is used for learning only if it was made at least this many seconds after the failure. An earlier retry
 * falls into the same outage and says nothing about a replay.
 */
export const CONCLUSIVE_AFTER_SECONDS = 60

export const isConclusive = (secondsSinceFailure: number): boolean => secondsSinceFailure >= CONCLUSIVE_AFTER_SECONDS

type Priors = Readonly<Record<FailureClass, Readonly<Record<ReceiverState, number>>>>

/**
 * Likelihoods before anything has been learned. They are based on what the failures mean, and on simulated receivers
 * (docs/forecast.md).
 */
const PRIORS: Priors = {
  OUTAGE: { UP: 0.96, UNSTEADY: 0.55, DOWN: 0.05, IDLE: 0.9, SILENT: 0.45 },
  RATE_LIMIT: { UP: 0.95, UNSTEADY: 0.6, DOWN: 0.1, IDLE: 0.95, SILENT: 0.75 },
  CREDENTIALS: { UP: 0.9, UNSTEADY: 0.4, DOWN: 0.03, IDLE: 0.7, SILENT: 0.1 },
  ADDRESS: { UP: 0.9, UNSTEADY: 0.4, DOWN: 0.03, IDLE: 0.7, SILENT: 0.15 },
  CERTIFICATE: { UP: 0.95, UNSTEADY: 0.4, DOWN: 0.03, IDLE: 0.85, SILENT: 0.15 },
  CONTENT: { UP: 0.04, UNSTEADY: 0.04, DOWN: 0.02, IDLE: 0.04, SILENT: 0.03 },
  BLOCKED: { UP: 0.1, UNSTEADY: 0.05, DOWN: 0.02, IDLE: 0.05, SILENT: 0.02 },
  OTHER: { UP: 0.6, UNSTEADY: 0.4, DOWN: 0.05, IDLE: 0.5, SILENT: 0.3 },
  MOVED: { UP: 0.9, UNSTEADY: 0.5, DOWN: 0.1, IDLE: 0.85, SILENT: 0.5 },
}

/** Likelihoods for a delivery that failed while others succeeded. They are upper limits of PRIORS. */
const ALONE_PRIORS: Readonly<Partial<Record<FailureClass, number>>> = {
  OUTAGE: 0.4,
  CREDENTIALS: 0.1,
  ADDRESS: 0.1,
  OTHER: 0.2,
}

export function priorOf({ failure, receiver, isAlone }: Situation): number {
  const prior = PRIORS[failure][receiver]
  return isAlone ? Math.min(prior, ALONE_PRIORS[failure] ?? 1) : prior
}

/**
 * How much earlier knowledge counts, as a number of observations. PRIOR_WEIGHT is the weight of the prior relative to
 * the tenant's results; TENANT_WEIGHT is the weight of the tenant's results relative to the webhook's.
 */
const PRIOR_WEIGHT = 8
const TENANT_WEIGHT = 6

/**
 * The success rate of a situation: the prior, adjusted by the results of the tenant, then by those of the webhook
 * (beta-binomial shrinkage).
 */
export function learnedRate(situation: Situation, { webhook, tenant }: LearnedRates): number {
  const key = situationKey(situation)
  const ofTenant = shrunk(tenant.get(key), priorOf(situation), PRIOR_WEIGHT)
  return shrunk(webhook.get(key), ofTenant, TENANT_WEIGHT)
}

const shrunk = (rate: Rate | undefined, towards: number, weight: number) =>
  ((rate?.arrived ?? 0) + towards * weight) / ((rate?.tried ?? 0) + weight)
