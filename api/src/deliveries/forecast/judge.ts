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

/** The fields of a delivery that its forecast depends on. */
export interface ForecastSubject {
  status: DeliveryStatus
  webhookId: string
  /** The URL and the error of the last attempt. */
  targetUrl: string
  lastErrorKind: ErrorKind | null
  lastStatusCode: number | null
  /** Time of the last failure. */
  failedAt: Date
}

export interface ForecastInput {
  delivery: ForecastSubject
  webhook: { url: string; state: WebhookState; deletedAt: Date | null }
  receiver: ReceiverEvidence
  /** Attempts of the webhook around the time of the failure: see `aroundOf`. */
  around: AttemptCounts
  learned: LearnedRates
  /** Milliseconds since 1970. */
  now: number
}

/** The situation and the likelihood of a delivery, for the explanation. */
export interface Judgement extends Situation {
  likelihood: number
  /** Whether the receiver has accepted a request since this delivery failed. */
  tookSince: boolean
}

/** The situation of a delivery at the time `now`, and its likelihood of success. */
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

/** If nothing has succeeded since the failure, the receiver cannot count as UP: it is UNSTEADY at best. */
function stateAfter(state: ReceiverState, tookSince: boolean): ReceiverState {
  return state === 'UP' && !tookSince ? 'UNSTEADY' : state
}

const round = (value: number) => Math.round(value * 100) / 100
