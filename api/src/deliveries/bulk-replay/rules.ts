import type {
  BulkReplayItemState,
  DeliveryStatus,
  ErrorKind,
  SkipReason,
  WebhookState,
} from '../../../../prisma/generated/client/enums.ts'
import { OPEN_AFTER_FAILURES } from '../engine/circuit-breaker.ts'

/** The progress of a bulk replay at one webhook. */
export interface WebhookProgress {
  webhookId: string
  /** CANARY: the next replay is the canary. STOPPED: no more deliveries are replayed; `stopReason` is the reason. */
  phase: 'CANARY' | 'CANARY_SENT' | 'OPEN' | 'STOPPED'
  stopReason: SkipReason | null
  /** The error kind of the last consecutive failures and their number. Null and 0 after a success. */
  streakKind: ErrorKind | null
  streak: number
  /** Deliveries that are neither replayed nor skipped. */
  waiting: number
  /** Replays that have no attempt yet. */
  outstanding: number
}

export interface StopRule {
  /** Number of consecutive failures of the same kind that stops a webhook; 0 means no limit. */
  stopAfterFailures: number
}

/**
 * How many deliveries may be replayed now, if at most `window` replays may wait for their first attempt. A window is
 * refilled only when half of it is free, because a few large groups of replays cost less than many small ones.
 */
export function takeable(progress: WebhookProgress, window: number): number {
  switch (progress.phase) {
    case 'STOPPED':
    case 'CANARY_SENT':
      return 0
    case 'CANARY':
      return Math.min(1, progress.waiting)
    case 'OPEN':
      return progress.outstanding > window / 2 ? 0 : Math.min(progress.waiting, window - progress.outstanding)
  }
}

/** The progress after `replayed` waiting deliveries were replayed and `skipped` were skipped. */
export function taken(progress: WebhookProgress, replayed: number, skipped: number): WebhookProgress {
  return {
    ...progress,
    waiting: progress.waiting - replayed - skipped,
    outstanding: progress.outstanding + replayed,
    // A skipped canary does not show the state of the receiver, so the next delivery becomes the canary.
    phase: progress.phase === 'CANARY' && replayed > 0 ? 'CANARY_SENT' : progress.phase,
  }
}

/**
 * The progress after the first attempt of a replay. `kind` is null if the replay was delivered, or was cancelled
 * without an attempt.
 */
export function attempted(
  progress: WebhookProgress,
  { arrived, kind }: { arrived: boolean; kind: ErrorKind | null },
  { stopAfterFailures }: StopRule,
): WebhookProgress {
  const outstanding = Math.max(0, progress.outstanding - 1)
  if (arrived) {
    const phase = progress.phase === 'CANARY_SENT' ? 'OPEN' : progress.phase
    return { ...progress, outstanding, phase, streakKind: null, streak: 0 }
  }
  const streak = progress.streak > 0 && progress.streakKind === kind ? progress.streak + 1 : 1
  const failed = { ...progress, outstanding, streakKind: kind, streak }
  if (progress.phase === 'CANARY_SENT') return stopped(failed, 'CANARY_FAILED')
  if (stopAfterFailures > 0 && streak >= stopAfterFailures) return stopped(failed, 'STOPPED')
  return failed
}

/** Stops the replays to a webhook. If they are already stopped, the first reason stays. */
export function stopped(progress: WebhookProgress, reason: SkipReason): WebhookProgress {
  return progress.phase === 'STOPPED' ? progress : { ...progress, phase: 'STOPPED', stopReason: reason }
}

/** Skips the waiting deliveries of a stopped webhook. Returns their number and the progress without them. */
export function skipRest(progress: WebhookProgress): { skipped: number; progress: WebhookProgress } {
  if (progress.phase !== 'STOPPED') return { skipped: 0, progress }
  return { skipped: progress.waiting, progress: { ...progress, waiting: 0 } }
}

/** The state of an item, derived from its replay. `replay` is null if the replay was pruned. */
export function itemState(replay: { status: DeliveryStatus; attemptCount: number } | null): BulkReplayItemState {
  if (replay === null) return 'FAILED'
  switch (replay.status) {
    case 'DELIVERED':
      return 'DELIVERED'
    case 'DEAD_LETTER':
    case 'CANCELLED':
      return 'FAILED'
    default:
      return replay.attemptCount > 0 ? 'RETRYING' : 'SENT'
  }
}

export interface WebhookCondition {
  state: WebhookState
  circuit: string
  consecutiveFailures: number
  deletedAt: Date | null
}

/**
 * Whether a webhook's receiver is down: its circuit is not closed, or it has enough consecutive failures to open the
 * circuit. A paused webhook is not down; its deliveries wait.
 */
export const isDown = ({ circuit, consecutiveFailures }: WebhookCondition): boolean =>
  circuit !== 'CLOSED' || consecutiveFailures >= OPEN_AFTER_FAILURES

/** Why the current state of a webhook prevents replays to it; null if it does not. */
export function refusalOf(webhook: WebhookCondition | undefined, skipUnhealthy: boolean): SkipReason | null {
  if (!webhook || webhook.deletedAt !== null || webhook.state === 'DISABLED') return 'WEBHOOK_DISABLED'
  return skipUnhealthy && isDown(webhook) ? 'WEBHOOK_UNHEALTHY' : null
}

/** Converts the outcome of replay_deliveries() to the reason why a delivery was skipped; null if it was replayed. */
export function skipReasonOf(outcome: string): SkipReason | null {
  switch (outcome) {
    case 'REPLAYED':
      return null
    case 'DELIVERED':
      return 'ALREADY_DELIVERED'
    case 'RECOVERED':
      return 'ALREADY_RECOVERED'
    case 'UNDER_WAY':
      return 'REPLAY_UNDER_WAY'
    case 'PENDING':
    case 'BEING_SENT':
      return 'STILL_OPEN'
    case 'EXPIRED':
      return 'EXPIRED'
    default:
      return 'NOT_FOUND'
  }
}
