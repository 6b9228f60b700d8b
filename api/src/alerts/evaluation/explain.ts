import type { EvaluationOutcome } from '../../../../prisma/generated/client/enums.ts'
import type { Decision, Finding } from './decide.ts'
import { duration, events, instant, moreEvents } from './words.ts'

/** What an explanation contains in addition to the decision. */
export interface Circumstances {
  windowSeconds: number
  /** The group in words, such as "source=api"; null for a rule without groups. */
  group: string | null
  /**
   * Number of events by tenant ("" for system events) if the rule counts the events of every tenant; null for a
   * tenant's own rule.
   */
  tenants: Readonly<Record<string, number>> | null
  alert: { startedAt: number; acknowledgedBy: string | null } | null
  /** `reason` is null if the reader may not know it. */
  silence: { reason: string | null; endsAt: number } | null
  /** Number of webhooks that get the notification; null if there is no notification. */
  recipients: number | null
  /** Whether the rule names webhooks: none (every subscribed one is notified), some, or only deleted ones. */
  chosen: 'NONE' | 'SOME' | 'DELETED'
  /** The maximum number of open alerts of a rule if it is the reason why no alert was raised; otherwise null. */
  maxOpen: number | null
}

/** Explains to the person on call why an evaluation did or did not notify. */
export function explain(finding: Finding, decision: Decision, circumstances: Circumstances): string {
  const sentences = [counted(finding, circumstances), verdict(finding, decision, circumstances)]
  const { recipients, chosen } = circumstances
  if (chosen === 'DELETED')
    sentences.push('Nobody is notified: every webhook that the rule names was deleted. Choose others in the rule.')
  else if (recipients !== null) sentences.push(recipientWords(recipients, chosen))
  const tenants = Object.entries(circumstances.tenants ?? {})
  if (tenants.length > 0) sentences.push(tenantWords(tenants))
  return sentences.join(' ')
}

function counted({ matched, threshold }: Finding, { windowSeconds, group }: Circumstances): string {
  const within = `within ${duration(windowSeconds)}`
  const suffix = group === null ? '' : ` for ${group}`
  if (matched === 0) return `No event matched ${within}${suffix}; the threshold is ${threshold}.`
  return `${events(matched)} matched ${within}${suffix}; the threshold is ${threshold}.`
}

function verdict(finding: Finding, { outcome, change, notify }: Decision, circumstances: Circumstances): string {
  const { alert, silence, maxOpen } = circumstances
  if (maxOpen !== null)
    return `No alert was raised, because the rule has ${maxOpen.toLocaleString('en-US')} open alerts, and that is the maximum. Group by another field, or resolve some of them.`
  const since = alert === null ? '' : ` since ${instant(alert.startedAt)}`
  switch (outcome) {
    case 'BELOW_THRESHOLD':
      return `${moreEvents(finding.threshold - finding.matched)} would raise an alert.`
    case 'RAISED':
      return 'An alert was raised.'
    case 'SILENCED': {
      const held = silenceWords(silence)
      return change === 'RAISED'
        ? `An alert was raised, but nobody was notified: ${lowerFirst(held)} suppresses its notifications.`
        : `The alert has been firing${since}. ${held} suppresses its notifications.`
    }
    case 'REPEATED':
      return finding.alert?.silenceId
        ? `The alert has been firing${since} and its silence has ended, so it notified again.`
        : `The alert has been firing${since}; its repeat interval of ${duration(finding.repeatIntervalMs / 1_000)} has passed, so it notified again.`
    case 'STILL_FIRING':
      return alert?.acknowledgedBy
        ? `The alert has been firing${since}. ${alert.acknowledgedBy} acknowledged it, so it does not repeat.`
        : `The alert has been firing${since}; it notifies again at ${instant(finding.alert?.nextNotifyAt ?? finding.now)} if it still fires then.`
    case 'RESOLVED':
      return notify ? 'The alert is resolved.' : 'The alert is resolved; its notifications were silenced.'
  }
}

function silenceWords(silence: Circumstances['silence']): string {
  if (silence === null) return 'A silence'
  const until = `(until ${instant(silence.endsAt)})`
  return silence.reason === null ? `A silence of the installation ${until}` : `The silence “${silence.reason}” ${until}`
}

function recipientWords(recipients: number, chosen: Circumstances['chosen']): string {
  if (recipients === 0 && chosen === 'SOME')
    return 'Nobody is notified: no webhook that the rule names is enabled. Resume one, or choose others in the rule.'
  if (recipients === 0)
    return 'Nobody is notified: no enabled webhook subscribes to it. Choose webhooks in the rule, or subscribe one to ops.alert.*.'
  return recipients === 1 ? '1 webhook is notified.' : `${recipients} webhooks are notified.`
}

/** Explains the evaluations of groups that the log only counts. `matched` is the highest count of these groups. */
export function explainLeftOut(outcome: EvaluationOutcome, groups: number, matched: number, threshold: number): string {
  const more = groups === 1 ? '1 more group' : `${groups.toLocaleString('en-US')} more groups`
  const highest = groups === 1 ? `it has ${events(matched)}` : `the one with the most has ${events(matched)}`
  if (outcome === 'BELOW_THRESHOLD') return `${more} did not reach the threshold of ${threshold}; ${highest}.`
  const reached = `${more} reached the threshold of ${threshold}`
  return outcome === 'SILENCED'
    ? `${reached}, and silences suppress the notifications.`
    : `${reached} and did not notify again: it is not time yet, the alert is acknowledged, or the rule has the maximum number of open alerts.`
}

const MAX_TENANTS = 10

function tenantWords(tenants: [tenant: string, count: number][]): string {
  const entries = tenants.toSorted(([, a], [, b]) => b - a)
  const named = entries
    .slice(0, MAX_TENANTS)
    .map(([tenant, count]) => `${tenant === '' ? 'the system' : tenant} ${count}`)
  const rest = entries.length > MAX_TENANTS ? ` and ${entries.length - MAX_TENANTS} more` : ''
  return `Counted by tenant: ${named.join(', ')}${rest}.`
}

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1)
