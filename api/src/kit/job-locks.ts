/** A job's lock in Redis lasts this long without a renewal. */
export const LOCK_MS = 3_000
const RENEW_MS = 1_000

/** The part of a Bull job that its lock needs. */
interface LockedJob {
  /** Answers 1, or 0 when the lock is not this worker's any more. */
  extendLock(durationMs: number): Promise<number>
}

/**
 * Renews the locks of the jobs that run in this process. The locks of a process that has died expire, and Bull gives its jobs to
 * another worker: within LOCK_MS and two of Bull's checks, which are a second apart.
 *
 * An error does not count as a lost lock: while Redis is unavailable no worker can be given a job, and the next renewal finds out.
 */
export class LockKeeper {
  private readonly held = new Map<LockedJob, AbortController>()
  private timer: NodeJS.Timeout | undefined

  /** Runs `work` while the job's lock is renewed. `lockLost` aborts when another worker may hold the lock. */
  async hold(job: LockedJob, work: (lockLost: AbortSignal) => Promise<void>): Promise<void> {
    const lock = new AbortController()
    this.held.set(job, lock)
    this.timer ??= setInterval(() => this.renew(), RENEW_MS)
    try {
      await work(lock.signal)
    } finally {
      this.held.delete(job)
      if (this.held.size === 0) this.close()
    }
  }

  close(): void {
    clearInterval(this.timer)
    this.timer = undefined
  }

  private renew(): void {
    for (const [job, lock] of this.held) {
      if (lock.signal.aborted) continue
      job.extendLock(LOCK_MS).then(
        (extended) => {
          if (!extended && this.held.has(job)) lock.abort()
        },
        () => {},
      )
    }
  }
}
