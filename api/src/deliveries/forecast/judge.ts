import type { DeliveryStatus, ErrorKind, WebhookState } from '../../../../prisma/generated/client/enums.ts'
import { type FailureClass, failureClass } from './failure-class.ts'
import { isAloneIn, type LearnedRates, learnedRate, type Situation } from './rates.ts'
import {
  type AttemptCounts,
  circumstance,
  type ReceiverEvidence,
  type ReceiverState,
  receiverState,
} from './receiver.ts'

/** The part of a delivery that its forecast depends on. */
export interface ForecastSubject {
  status: DeliveryStatus
  webhookId: string
  /** The result of the last attempt. */
  targetUrl: string
  lastErrorKind: ErrorKind | null
  lastStatusCode: number | null
  /** When it last failed. */
  failedAt: Date
}

export interface ForecastInput {
  delivery: ForecastSubject
  webhook: { url: string; state: WebhookState; deletedAt: Date | null }
  receiver: ReceiverEvidence
  /** The webhook's attempts in the ten minutes around the failure. */
  around: AttemptCounts
  learned: LearnedRates
  /** Milliseconds since 1970. */
  now: number
}

/** The evidence of a forecast, for its explanation. */
export interface Judgement extends Situation {
  likelihood: number
  /** The receiver accepted a request after this delivery had failed. */
  tookSince: boolean
}

/** The situation of a delivery at an instant, and its rate. */
export function judge(input: ForecastInput): Judgement {
  const { receiver, learned, now } = input
  const failedAt = input.delivery.failedAt.getTime()
  const tookSince = receiver.lastSuccessAt !== null && receiver.lastSuccessAt.getTime() > failedAt
  const situation: Situation = {
    failure: classOf(input),
    receiver: stateAfter(receiverState(receiver, now), tookSince),
    isAlone: isAloneIn(circumstance(input.around)),
  }
  const likelihood = round(learnedRate(situation, learned))
  return { ...situation, likelihood, tookSince }
}

function classOf({ delivery, webhook }: ForecastInput): FailureClass {
  if (delivery.targetUrl !== webhook.url) return 'MOVED'
  return failureClass(delivery.lastErrorKind, delivery.lastStatusCode)
}

/** Successes before the failure do not prove recovery: the receiver is unsteady at best. */
function stateAfter(state: ReceiverState, tookSince: boolean): ReceiverState {
  return state === 'UP' && !tookSince ? 'UNSTEADY' : state
}

const round = (value: number) => Math.round(value * 100) / 100
