import type { AlertChange, AlertStatus, EvaluationOutcome } from '../../../../prisma/generated/client/enums.ts'

/** The fields of an open alert that a decision needs. Times are milliseconds of the database's clock. */
export interface OpenAlert {
  status: Exclude<AlertStatus, 'RESOLVED'>
  /** The silence that held its notifications at the last evaluation. */
  silenceId: string | null
  /** When it last notified; null while a silence has held every notification. */
  lastNotifiedAt: number | null
  /** The time of its next notification, while it fires. */
  nextNotifyAt: number
}

/** The result of an observation of one rule and group. */
export interface Finding {
  /** Events within the rule's window. */
  matched: number
  threshold: number
  repeatIntervalMs: number
  /** The rule's open alert for the group. */
  alert: OpenAlert | null
  /** A silence that matches now. */
  silenceId: string | null
  now: number
}

export interface Decision {
  outcome: EvaluationOutcome
  /** The change of the alert; null when its state stays as it is. */
  change: AlertChange | null
  /** Whether receivers are notified of the change. */
  notify: boolean
  /** A notification was due and a silence held it. */
  heldBack: boolean
  /** When the alert is to notify again, if that changes. */
  nextNotifyAt: number | null
}

/**
 * Decides the next state of a rule and group. An alert is raised when its threshold is reached, and resolved when fewer
 * events are in the window. In between it repeats at its interval, unless a user has acknowledged it. A silence only
 * holds notifications; when it ends, an alert that still fires notifies at once.
 */
export function decide(finding: Finding): Decision {
  const { matched, threshold, alert } = finding
  if (matched >= threshold) return alert === null ? raise(finding) : keep(alert, finding)
  if (alert === null) return unchanged('BELOW_THRESHOLD')
  const heldBack = finding.silenceId !== null
  // Receivers that were not notified of the alert are not notified of its end.
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
