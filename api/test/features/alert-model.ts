import type { AlertChange, AlertStatus } from '../../../prisma/generated/client/enums.ts'
import { decide } from '../../src/alerts/evaluation/decide.ts'

/** Times are milliseconds since the start of the model; they advance only by `travel`. */
const WINDOW_MS = 1_000_000
const REPEAT_MS = 700_000
/** The unit in which time advances. No multiple of it is near WINDOW_MS or REPEAT_MS, so real time does not matter. */
export const STEP_MS = 300_000

export const MODEL_RULE = { windowSeconds: WINDOW_MS / 1_000, repeatIntervalSeconds: REPEAT_MS / 1_000 }

export interface ModelSilence {
  /** The public id. */
  id: string
  endsAt: number
  heldBack: number
}

export interface ModelAlert {
  groupKey: string
  status: AlertStatus
  /** Its timeline. */
  changes: AlertChange[]
  matched: number
  silence: ModelSilence | null
  lastNotifiedAt: number | null
  nextNotifyAt: number
}

/** The expected alerts of one rule, kept in memory. It applies decisions as apply-changes.ts does. */
export class AlertModel {
  now = 0
  threshold = 2
  isGrouped = true
  enabled = true
  alerts: ModelAlert[] = []
  /** By group: the number of events of the rule when a user last resolved an alert of the group. */
  private settled = new Map<string, number>()

  constructor(
    private readonly events: { source: string; at: number }[] = [],
    readonly silences: ModelSilence[] = [],
  ) {}

  /** A new rule about the same events, under the same silences. */
  successor(): AlertModel {
    const next = new AlertModel(this.events, this.silences)
    next.now = this.now
    return next
  }

  get groupBy(): string[] {
    return this.isGrouped ? ['source'] : []
  }

  get openAlerts(): ModelAlert[] {
    return this.alerts.filter(({ status }) => status !== 'RESOLVED')
  }

  get activeSilence(): ModelSilence | null {
    return this.silences.find(({ endsAt }) => endsAt > this.now) ?? null
  }

  publish(source: string, count: number): void {
    for (let i = 0; i < count; i++) this.events.push({ source, at: this.now })
  }

  evaluate(): void {
    if (!this.enabled) return
    for (const groupKey of new Set(this.events.map(({ source }) => this.keyOf(source)))) this.evaluateGroup(groupKey)
  }

  /** What the start and the end of a silence cause: only groups with an open alert are evaluated. */
  evaluateOpen(): void {
    for (const { groupKey } of this.openAlerts) this.evaluateGroup(groupKey, { keepsCount: true })
  }

  acknowledge(alert: ModelAlert): void {
    if (alert.status !== 'FIRING') return
    alert.status = 'ACKNOWLEDGED'
    alert.changes.push('ACKNOWLEDGED')
    if (alert.silence) alert.silence.heldBack++
  }

  resolve(alert: ModelAlert): void {
    this.settle(alert.groupKey)
    close(alert)
  }

  /** The events of a group so far no longer count. */
  settle(groupKey: string): void {
    this.settled.set(groupKey, this.events.length)
  }

  /** What disabling, deleting and regrouping a rule does to its alerts. */
  closeAll(): void {
    this.openAlerts.forEach(close)
  }

  private keyOf(source: string): string {
    return this.isGrouped ? JSON.stringify([source]) : '[]'
  }

  private matched(groupKey: string): number {
    const from = this.settled.get(groupKey) ?? 0
    const counts = ({ source, at }: { source: string; at: number }) =>
      this.keyOf(source) === groupKey && at > this.now - WINDOW_MS
    return this.events.slice(from).filter(counts).length
  }

  /** `keepsCount`: the alert's count changes only together with the alert. */
  private evaluateGroup(groupKey: string, { keepsCount } = { keepsCount: false }): void {
    const { now, threshold } = this
    const matched = this.matched(groupKey)
    const alert = this.openAlerts.find((open) => open.groupKey === groupKey) ?? null
    const silence = this.activeSilence
    const open = alert && { ...alert, status: alert.status as 'FIRING', silenceId: alert.silence?.id ?? null }
    const finding = { matched, threshold, repeatIntervalMs: REPEAT_MS, silenceId: silence?.id ?? null, now }
    const { change, notify, heldBack, nextNotifyAt } = decide({ ...finding, alert: open })
    if (heldBack && silence) silence.heldBack++
    if (change === 'RESOLVED' && alert) {
      alert.status = 'RESOLVED'
      alert.changes.push('RESOLVED')
    } else if (change === 'RAISED') {
      const lastNotifiedAt = notify ? now : null
      const raised = { groupKey, status: 'FIRING' as const, changes: [change], matched, silence, lastNotifiedAt }
      this.alerts.push({ ...raised, nextNotifyAt: nextNotifyAt! })
    } else if (alert) {
      const isWritten = change !== null || nextNotifyAt !== null || alert.silence !== silence
      if (change) alert.changes.push(change)
      if (isWritten || !keepsCount) alert.matched = matched
      if (notify) alert.lastNotifiedAt = now
      alert.nextNotifyAt = nextNotifyAt ?? alert.nextNotifyAt
      alert.silence = silence
    }
  }
}

/** Resolves an alert on behalf of a user. */
function close(alert: ModelAlert): void {
  alert.status = 'RESOLVED'
  alert.changes.push('RESOLVED')
  if (alert.silence) alert.silence.heldBack++
}
