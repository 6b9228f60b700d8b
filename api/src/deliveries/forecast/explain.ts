import type { FailureClass } from './failure-class.ts'
import type { ForecastInput, Judgement } from './judge.ts'
import { situationKey } from './rates.ts'
import { RECENT_MINUTES, since, sumOf, turnsDown } from './receiver.ts'

/** Earlier attempts are mentioned only if there were at least this many. */
const MIN_MENTIONED = 3

/**
 * Explains a judgement in sentences: what the failure means, the state of the receiver, and the results of earlier
 * attempts.
 */
export function explain(input: ForecastInput, judgement: Judgement): string {
  return [failureSentence(input, judgement), receiverSentence(input, judgement), learnedSentence(input, judgement)]
    .filter((sentence) => sentence !== null)
    .join(' ')
}

const MEANINGS: Readonly<Record<FailureClass, (answer: string) => string>> = {
  OUTAGE: (answer) => `The receiver was failing (${answer}).`,
  RATE_LIMIT: (answer) => `The receiver requested a lower rate (${answer}).`,
  CREDENTIALS: (answer) => `The receiver did not accept the credentials (${answer}); they must be renewed.`,
  ADDRESS: (answer) => `The URL does not accept such requests (${answer}).`,
  CERTIFICATE: () => `The receiver's certificate was not accepted; it must be renewed.`,
  CONTENT: (answer) => `The receiver refused this request (${answer}), and a replay sends the same one.`,
  BLOCKED: () => 'Webhooks may not reach this address, and the webhook still uses it.',
  OTHER: (answer) => `The attempt failed (${answer}).`,
  MOVED: () => `The webhook's URL was changed since this failure.`,
}

function failureSentence({ delivery }: ForecastInput, { failure, isAlone, receiver }: Judgement): string {
  const { lastErrorKind: kind, lastStatusCode: code } = delivery
  const answer = code === null ? (kind ?? 'unknown error') : String(code)
  const meaning = MEANINGS[failure](answer)
  const matters = failure !== 'CONTENT' && failure !== 'MOVED' && failure !== 'BLOCKED' && receiver !== 'DOWN'
  return isAlone && matters ? `${meaning} Other deliveries of this webhook succeeded at the same time.` : meaning
}

function receiverSentence({ receiver, now }: ForecastInput, judgement: Judgement): string {
  const { succeeded, failed } = sumOf(since(receiver.minutes, now, RECENT_MINUTES))
  const figures = `${succeeded} of ${succeeded + failed} requests of the last ${RECENT_MINUTES} minutes succeeded`
  if (receiver.circuit !== 'CLOSED')
    return `Its circuit is open after ${receiver.consecutiveFailures} failures in a row.`
  switch (judgement.receiver) {
    case 'UP':
      return `It has accepted requests since: ${figures}${healthyFor(receiver.lastFailureAt, now)}.`
    case 'UNSTEADY': {
      const turns = turnsDown(receiver.minutes)
      if (turns > 1) return `It went down ${turns} times within the last hour: ${figures}.`
      return judgement.tookSince ? `It is unsteady: ${figures}.` : `No request has succeeded since: ${figures}.`
    }
    case 'DOWN':
      return `It is down: ${figures}.`
    case 'IDLE':
      return `Its last attempt succeeded; there was none within the last ${RECENT_MINUTES} minutes.`
    case 'SILENT':
      return `Its last attempt failed; there was none within the last ${RECENT_MINUTES} minutes.`
  }
}

function healthyFor(lastFailureAt: Date | null, now: number): string {
  if (lastFailureAt === null) return ''
  const seconds = Math.max(1, Math.floor((now - lastFailureAt.getTime()) / 1_000))
  const [count, unit] = seconds < 120 ? [seconds, 'second'] : [Math.floor(seconds / 60), 'minute']
  return `, none has failed for ${count} ${unit}${count === 1 ? '' : 's'}`
}

function learnedSentence({ learned }: ForecastInput, judgement: Judgement): string | null {
  const key = situationKey(judgement)
  const webhookRate = learned.webhook.get(key)
  const [rate, whose] =
    webhookRate && webhookRate.tried >= MIN_MENTIONED
      ? [webhookRate, 'of this webhook']
      : [learned.tenant.get(key), 'of similar webhooks']
  if (!rate || rate.tried < MIN_MENTIONED) return null
  const percent = Math.round((100 * rate.arrived) / rate.tried)
  return `In this situation, ${percent} % of earlier attempts ${whose} succeeded.`
}
