import { z } from 'zod'
import type { JobKind, Jobs } from '../../../kit/jobs/jobs.ts'

/** The right to send to a webhook while it has work: the worker that runs the job owns the webhook's lane. */
export const LANE: JobKind<{ webhookId: string }> = {
  name: 'deliver',
  payload: z.object({ webhookId: z.string() }),
}

/**
 * A lane stays for about 2 s without work before it ends, so a job that was added within this time need not be added
 * again.
 */
const ADD_EVERY_MS = 500
const MAX_REMEMBERED = 10_000

/** Adds lane jobs, each webhook's at most once in ADD_EVERY_MS. */
export class LaneJobs {
  private readonly jobs: Jobs
  /** When each job was last added (performance.now()), the oldest first. */
  private readonly added = new Map<string, number>()

  constructor(jobs: Jobs) {
    this.jobs = jobs
  }

  /** Makes sure that some worker has, or will have, these webhooks' lanes. False when Redis is unavailable. */
  async open(webhookIds: Iterable<string>): Promise<boolean> {
    const now = performance.now()
    const due: string[] = []
    for (const webhookId of webhookIds) {
      const last = this.added.get(webhookId)
      if (last !== undefined && now - last < ADD_EVERY_MS) continue
      this.added.delete(webhookId)
      this.added.set(webhookId, now)
      due.push(webhookId)
    }
    this.forgetOld(now)
    if (due.length === 0) return true
    const isAdded = await this.add(due)
    if (!isAdded) for (const webhookId of due) this.added.delete(webhookId)
    return isAdded
  }

  /** Adds the jobs at once, whenever they were last added. */
  add(webhookIds: readonly string[]): Promise<boolean> {
    return this.jobs.add(
      LANE,
      webhookIds.map((webhookId) => ({ webhookId })),
      { idOf: ({ webhookId }) => webhookId },
    )
  }

  private forgetOld(now: number): void {
    if (this.added.size < MAX_REMEMBERED) return
    for (const [webhookId, at] of this.added) {
      if (now - at < ADD_EVERY_MS) return
      this.added.delete(webhookId)
    }
  }
}
