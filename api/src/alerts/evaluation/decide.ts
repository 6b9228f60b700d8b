import type { AlertChange, AlertStatus, EvaluationOutcome } from '../../../../prisma/generated/client/enums.ts'

/** The fields of an open alert that a decision needs. Times are milliseconds of the database's clock. */
export interface OpenAlert {
  status: Exclude<AlertStatus, 'RESOLVED'>
  /** The silence that suppressed the alert's notifications at the last evaluation. */
  silenceId: string | null
  /** When receivers were last notified of the alert; null if a silence has suppressed every notification so far. */
  lastNotifiedAt: number | null
  /** When the notification is repeated if the alert still fires. */
  nextNotifyAt: number
}

/** The facts about a group of a rule from which `decide` decides. */
export interface Finding {
  /** Number of events within the rule's window. */
  matched: number
  threshold: number
  repeatIntervalMs: number
  /** The rule's open alert for the group. */
  alert: OpenAlert | null
  /** A silence that matches the alert now. */
  silenceId: string | null
  now: number
}

export interface Decision {
  outcome: EvaluationOutcome
  /** The change of the alert; null when its state stays as it is. */
  change: AlertChange | null
  /** Whether receivers are notified of the change. */
  notify: boolean
  /** Whether a notification was due and a silence suppressed it. */
  heldBack: boolean
  /** The new time of the next notification; null if it does not change. */
  nextNotifyAt: number | null
}

/**
 * Decides what happens to the alert of a group. The alert is raised when the threshold is reached, and resolved when
 * fewer events are in the window. Until then its notification is repeated at an interval, unless a user has
 * acknowledged it. A silence only holds notifications: when the silence ends, an alert that still fires notifies at
 * once.
 */
export function decide(finding: Finding): Decision {
  const { matched, threshold, alert } = finding
  if (matched >= threshold) return alert === null ? raise(finding) : keep(alert, finding)
  if (alert === null) return unchanged('BELOW_THRESHOLD')
  const heldBack = finding.silenceId !== null
  // If receivers were not notified that the alert fires, they are not notified that it is resolved.
  const notify = !heldBack && alert.lastNotifiedAt !== null
  return { outcome: 'RESOLVED', change: 'RESOLVED', notify, heldBack, nextNotifyAt: null }
}

function raise({ silenceId, now, repeatIntervalMs }: Finding): Decision {
  const silenced = silenceId !== null
  return {
    outcome: silenced ? 'SILENCED' : 'RAISED',
    change: 'RAISED',
    notify: !silenced,
    heldBack: silenced,
    nextNotifyAt: now + repeatIntervalMs,
  }
}

function keep(alert: OpenAlert, { silenceId, now, repeatIntervalMs }: Finding): Decision {
  const firing = alert.status === 'FIRING'
  const isDue = firing && now >= alert.nextNotifyAt
  if (silenceId !== null) {
    const nextNotifyAt = isDue ? now + repeatIntervalMs : null
    const change = alert.silenceId === null ? 'SILENCED' : null
    return { outcome: 'SILENCED', change, notify: false, heldBack: isDue, nextNotifyAt }
  }
  const silenceEnded = alert.silenceId !== null
  if (isDue || (firing && silenceEnded))
    return {
      outcome: 'REPEATED',
      change: 'REPEATED',
      notify: true,
      heldBack: false,
      nextNotifyAt: now + repeatIntervalMs,
    }
  return unchanged('STILL_FIRING')
}

const unchanged = (outcome: EvaluationOutcome): Decision => ({
  outcome,
  change: null,
  notify: false,
  heldBack: false,
  nextNotifyAt: null,
})
