import { z } from 'zod'
import type { JobKind, Jobs } from '../../../kit/jobs/jobs.ts'

/** The job of a lane. It exists while its webhook has work, and the worker that runs it owns the lane. */
export const LANE: JobKind<{ webhookId: string }> = {
  name: 'deliver',
  payload: z.object({ webhookId: z.string() }),
}

/**
 * Minimum time between two additions of the same job. A lane stays open for about 2 s without work, so a job that was
 * added within this time still runs.
 */
const ADD_EVERY_MS = 500
const MAX_REMEMBERED = 10_000

/** Adds the jobs of lanes, at most once in ADD_EVERY_MS per webhook. */
export class LaneJobs {
  private readonly jobs: Jobs
  /** When each job was last added (performance.now()), oldest first. */
  private readonly added = new Map<string, number>()

  constructor(jobs: Jobs) {
    this.jobs = jobs
  }

  /**
   * Makes sure that some worker owns the lanes of these webhooks or will own them soon. False if Redis is unavailable.
   */
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

  /** Adds the jobs now, even if they were added within ADD_EVERY_MS. */
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
